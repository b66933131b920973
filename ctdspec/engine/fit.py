"""Fitting the declared data models."""

from __future__ import annotations

from pathlib import Path

from ctdspec.benchmark import Benchmark, load
from ctdspec.engine.build import CHUNK_TRIALS, build_steps, open_steps
from ctdspec.engine.steps import Made, Steps
from ctdspec.methods.method import Method
from ctdspec.spec.digest import digest
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.recording import Recording, open_recording
from ctdspec.submissions.file import write_answer
from ctdspec.track import Track, silent


def fit(
    spec: str | Path | Benchmark,
    out: str | Path = "datasets",
    chunk_trials: int = CHUNK_TRIALS,
    track: Track = silent,
) -> Path:
    """Build the data of a benchmark, fit its data models, and give its folder.

    Parameters and errors are those of `ctdspec.engine.build.build`.
    """
    benchmark = spec if isinstance(spec, Benchmark) else load(spec)
    for recording in benchmark.recordings:
        steps = open_steps(recording, Path(out))
        build_steps(recording, steps, chunk_trials, track)
        fit_steps(recording, steps, track)
    return Path(out) / benchmark.folder


def fit_steps(benchmark: Benchmark, steps: Steps, track: Track) -> None:
    """Fit every data model that is not fitted yet, each from the NWB files alone."""
    opened: list[Recording] = []

    def recording() -> Recording:
        if not opened:
            opened.append(open_recording(steps.folder.path))
        return opened[0]

    models = benchmark.data_models
    for method in track(models, "fitting data models", len(models)):
        depends_on = {
            "method": digest(method),
            "dataset": steps.manifest.dataset,
            "seed": str(benchmark.seed),
        }
        steps.run(
            step_name(method.name),
            depends_on,
            lambda method=method: _make_answer(method, recording(), benchmark.seed, steps.folder),
        )


def step_name(method: str) -> str:
    """Give the name of the step that fits a data model."""
    return f"method {method}"


def _make_answer(method: Method, recording: Recording, seed: int, folder: DatasetFolder) -> Made:
    path = folder.submission(method.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_answer(path, method.fit(recording, seed))
    return Made({path: None})
