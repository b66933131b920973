"""Everything that a spec declares."""

from __future__ import annotations

from pathlib import Path

from ctdspec.benchmark import Benchmark, load
from ctdspec.engine.build import CHUNK_TRIALS, build_steps, open_steps
from ctdspec.engine.fit import fit_steps, step_name
from ctdspec.engine.report import report_steps
from ctdspec.engine.score import score_steps
from ctdspec.track import Track, silent


def run(
    spec: str | Path | Benchmark,
    out: str | Path = "datasets",
    chunk_trials: int = CHUNK_TRIALS,
    track: Track = silent,
) -> Path:
    """Build the data, fit the data models, score them, write the report; give the dataset's folder.

    What is there already and still holds is not done again. The parameters and the errors are those of
    `ctdspec.engine.build.build`.
    """
    benchmark = spec if isinstance(spec, Benchmark) else load(spec)
    for recording in benchmark.recordings:
        steps = open_steps(recording, Path(out))
        build_steps(recording, steps, chunk_trials, track)
        fit_steps(recording, steps, track)
        score_steps(recording, steps, track)
        report_steps(recording, steps)
        fitted = {step_name(method.name) for method in recording.data_models}
        computed = {name for name in ("analysis", "ceilings") if getattr(recording, name) is not None}
        steps.forget_others({"spec", "weights", "truth", "nwb", "scores", "report"} | computed | fitted)
    return Path(out) / benchmark.folder
