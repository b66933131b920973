"""Everything that a spec declares."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from ctdspec.benchmark import Benchmark, load
from ctdspec.engine.build import CHUNK_TRIALS, build_steps, open_steps
from ctdspec.engine.claims import claims_steps
from ctdspec.engine.fit import Failure, ensure_known, failure_step_name, fit_each, raise_failures, step_name
from ctdspec.engine.report import report_steps
from ctdspec.engine.score import score_steps
from ctdspec.engine.sweep import combine
from ctdspec.errors import CtdspecError
from ctdspec.track import Track, silent


def run(
    spec: str | Path | Benchmark,
    out: str | Path = "datasets",
    chunk_trials: int = CHUNK_TRIALS,
    track: Track = silent,
    methods: Collection[str] = (),
) -> Path:
    """Build the data, fit the data models, score them, judge the claims, write the report; give the folder.

    Of a benchmark with a sweep, every point is run so, and then all are shown together. What is there already
    and still holds is not done again. The parameters and the errors are those of
    `ctdspec.engine.fit.fit`, but that a MethodError, if a data model could not answer, comes at the very end,
    when all that does not need its answer is done.
    """
    benchmark = spec if isinstance(spec, Benchmark) else load(spec)
    ensure_known(benchmark, methods)
    recordings = benchmark.recordings
    failures: list[Failure] = []
    if benchmark.sweep is None:
        for recording in recordings:
            failures += _run_one(recording, Path(out), chunk_trials, track, methods)
        folder = Path(out) / benchmark.folder
    else:
        for recording in track(recordings, f"running {len(recordings)} points", len(recordings)):
            with _saying_which(recording):
                failures += _run_one(recording, Path(out), chunk_trials, silent, methods)
        folder = combine(benchmark, Path(out))
    raise_failures(failures)
    return folder


def _run_one(
    recording: Benchmark, out: Path, chunk_trials: int, track: Track, methods: Collection[str]
) -> list[Failure]:
    """Do all steps of one dataset; give the data models that failed."""
    steps = open_steps(recording, out)
    build_steps(recording, steps, chunk_trials, track)
    failures = fit_each(recording, steps, track, methods)
    score_steps(recording, steps, track)
    claims_steps(recording, steps)
    report_steps(recording, steps)
    names = [method.name for method in recording.data_models]
    tried = {step for name in names for step in (step_name(name), failure_step_name(name))}
    computed = {name for name in ("analysis", "ceilings", "claims") if getattr(recording, name) is not None}
    steps.forget_others({"spec", "weights", "truth", "nwb", "scores", "report"} | computed | tried)
    return failures


@contextmanager
def _saying_which(point: Benchmark) -> Iterator[None]:
    """Let an error that a point ends with begin with its label."""
    try:
        yield
    except CtdspecError as error:
        error.args = (f"point {point.point}: {error}",)
        raise
