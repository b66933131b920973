"""Fitting the declared data models."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from ctdspec.atomic import write_text
from ctdspec.benchmark import Benchmark, load
from ctdspec.engine.build import CHUNK_TRIALS, build_steps, open_steps
from ctdspec.engine.export import export
from ctdspec.engine.private import method_seed
from ctdspec.engine.steps import Made, Steps
from ctdspec.errors import MethodError, UsageError
from ctdspec.methods.method import Given, Method
from ctdspec.methods.trained import REPORT
from ctdspec.spec.problem import did_you_mean, quoted
from ctdspec.store.digest import combined_digest, file_digest
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.recording import Recording, open_recording
from ctdspec.submissions.file import write_answer
from ctdspec.track import Track, silent

ALL = "all"
"""Stands for every data model of a benchmark."""


@dataclass(frozen=True)
class Failure:
    """A data model that could not answer."""

    method: str
    """Name of the data model."""
    why: str
    """What went wrong, with the last lines of its log."""


def fit(
    spec: str | Path | Benchmark,
    out: str | Path = "datasets",
    chunk_trials: int = CHUNK_TRIALS,
    track: Track = silent,
    methods: Collection[str] = (),
) -> Path:
    """Build the data of a benchmark, fit its data models, and give its folder.

    Parameters and errors are those of `ctdspec.engine.build.build`, and

    Parameters
    ----------
    methods
        Names of optional data models that are fitted too; `ALL` for all of them.

    Raises
    ------
    MethodError
        If a data model could not answer; all the others are fitted by then.
    UsageError
        If there is no data model of a name in `methods`.
    """
    benchmark = spec if isinstance(spec, Benchmark) else load(spec)
    ensure_known(benchmark, methods)
    failures: list[Failure] = []
    for recording in benchmark.recordings:
        steps = open_steps(recording, Path(out))
        build_steps(recording, steps, chunk_trials, track)
        failures += fit_each(recording, steps, track, methods)
    raise_failures(failures)
    return Path(out) / benchmark.folder


def ensure_known(benchmark: Benchmark, methods: Collection[str]) -> None:
    """Refuse names that no data model of the benchmark has, by a UsageError."""
    known = [method.name for method in benchmark.data_models]
    for name in sorted(set(methods) - {*known, ALL}):
        hint = did_you_mean(name, known) or f"there are {', '.join(known)}, and {ALL} for all of them"
        raise UsageError(f"--methods: {benchmark.name} has no data model {quoted(name)}; {hint}")


def fit_each(
    benchmark: Benchmark, steps: Steps, track: Track, methods: Collection[str] = ()
) -> list[Failure]:
    """Fit every data model that is not fitted yet, each from the NWB files alone; give those that failed.

    One that failed has no step and no answer; what went wrong is in its folder. It is tried again next time.
    An optional one is fitted if `methods` has its name, or `ALL`. Else its answer is kept if it still holds.
    """
    opened: list[Recording] = []

    def recording() -> Recording:
        if not opened:
            opened.append(open_recording(steps.folder.path))
        return opened[0]

    models, seed, failures = benchmark.data_models, method_seed(benchmark), []
    for method in track(models, "fitting data models", len(models)):
        depends_on = {
            "method": method.identity,
            "dataset": steps.manifest.dataset,
            "seed": str(seed),
            **{f"file {source}": _source_digest(source) for source in method.sources},
        }
        is_asked_for = not method.optional or not {method.name, ALL}.isdisjoint(methods)
        if not is_asked_for and not steps.holds(step_name(method.name), depends_on):
            _forget(steps, step_name(method.name))
            continue
        try:
            steps.run(
                step_name(method.name),
                depends_on,
                lambda method=method: _make_answer(method, recording(), seed, steps.folder, track),
            )
        except MethodError as error:
            failures.append(Failure(method.name, str(error)))
            _record_failure(steps, failures[-1])
        else:
            _forget_failure(steps, method.name)
    return failures


def step_name(method: str) -> str:
    """Give the name of the step that fits a data model."""
    return f"method {method}"


def failure_step_name(method: str) -> str:
    """Give the name of the step that records that a data model could not answer."""
    return f"failure {method}"


def fitted(benchmark: Benchmark, steps: Steps) -> list[str]:
    """Give the names of the data models that have answered, in the order of the spec."""
    names = [method.name for method in benchmark.data_models]
    return [name for name in names if step_name(name) in steps.manifest.steps]


def read_failures(benchmark: Benchmark, folder: DatasetFolder) -> list[Failure]:
    """Give the data models that could not answer when they were last fitted, in the order of the spec."""
    paths = [folder.failure(method.name) for method in benchmark.data_models]
    return [Failure(**json.loads(path.read_text(encoding="utf-8"))) for path in paths if path.exists()]


def raise_failures(failures: Iterable[Failure]) -> None:
    """Raise one MethodError that tells all failures, if there are any."""
    if told := [f"data model {some.method}: {some.why}" for some in failures]:
        raise MethodError("\n".join(told))


def _make_answer(
    method: Method, recording: Recording, seed: int, folder: DatasetFolder, track: Track
) -> Made:
    path = folder.submission(method.name)
    path.parent.mkdir(parents=True, exist_ok=True)

    def write_bundle(to: Path, format: str) -> None:
        export(folder.path, format, to)

    given = Given(recording, write_bundle, path.with_name("log.txt"), track)
    write_answer(path, method.answer(given, seed))
    return Made({made: None for made in (path, given.log, given.folder / REPORT) if made.exists()})


def _record_failure(steps: Steps, failure: Failure) -> None:
    """Leave the failure and the log in the method's folder, and no answer of an earlier time."""
    path = steps.folder.failure(failure.method)
    log = path.with_name("log.txt")
    _forget(steps, step_name(failure.method))
    steps.folder.submission(failure.method).unlink(missing_ok=True)

    def make() -> Made:
        write_text(path, json.dumps(asdict(failure), indent=1) + "\n")
        return Made({made: None for made in (path, log) if made.exists()})

    _forget(steps, failure_step_name(failure.method))  # the log is another one each time
    steps.run(failure_step_name(failure.method), {"why": failure.why}, make)


def _forget_failure(steps: Steps, method: str) -> None:
    _forget(steps, failure_step_name(method))
    steps.folder.failure(method).unlink(missing_ok=True)


def _forget(steps: Steps, name: str) -> None:
    steps.forget_others(set(steps.manifest.steps) - {name})


def _source_digest(source: Path) -> str:
    """Give one digest of a file, or of all files in a folder; of one that is missing, nothing."""
    return combined_digest(
        {path.relative_to(source).as_posix(): file_digest(path) for path in _inside(source)}
    )


def _inside(source: Path) -> Iterator[Path]:
    paths = sorted(source.rglob("*")) if source.is_dir() else [source]
    return (path for path in paths if path.is_file() and "__pycache__" not in path.parts)
