"""What a spec declares, done: the data, the answers, or everything."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from ctdspec.benchmark import Benchmark, load
from ctdspec.engine.execute import Failure, Settings, execute
from ctdspec.engine.plan import Until, plan
from ctdspec.engine.private import ensure_same_secret
from ctdspec.engine.proposal import ensure_proposals
from ctdspec.engine.search import tried, with_proposal
from ctdspec.engine.step import Step
from ctdspec.errors import MethodError
from ctdspec.store.layout import DatasetFolder

_DEFAULTS = Settings()


def build(spec: str | Path | Benchmark, out: str | Path = "datasets", settings: Settings = _DEFAULTS) -> Path:
    """Build the data of a benchmark, resuming what is there, and give its folder.

    The sessions of a benchmark that declares several have a folder each, in the one of the benchmark, as
    have the points of a sweep.

    Parameters
    ----------
    spec
        A spec file, the name of a shipped benchmark, or a loaded benchmark.
    out
        The folder in which the dataset's own folder, named after the benchmark, is.
    settings
        Who does the work, and who is told. No result depends on it.

    Raises
    ------
    SpecError, UsageError
        If the spec is wrong, or cannot be realised; StorageError if the folder cannot be written to.
    DatasetError
        If shipped weights are missing or do not fit, or another run is at work in the folder.
    TrainingError
        If a system that has to be trained misses its bar.
    """
    return _done(spec, out, "build", settings)


def fit(
    spec: str | Path | Benchmark,
    out: str | Path = "datasets",
    settings: Settings = _DEFAULTS,
    methods: Collection[str] = (),
) -> Path:
    """Build the data of a benchmark, fit its data models, and give its folder.

    Parameters and errors are those of `build`, and

    Parameters
    ----------
    methods
        Names of optional data models that are fitted too; ``all`` for all of them.

    Raises
    ------
    MethodError
        If a data model could not answer; all the others are fitted by then.
    UsageError
        If there is no data model of a name in `methods`; if a search needs Optuna, and it is not installed.
    """
    return _done(spec, out, "fit", settings, methods)


def run(
    spec: str | Path | Benchmark,
    out: str | Path = "datasets",
    settings: Settings = _DEFAULTS,
    methods: Collection[str] = (),
) -> Path:
    """Build the data, fit the data models, score them, judge the claims, write the report; give the folder.

    Of a benchmark with a sweep or a search, every point is run so, and then all are shown together. What is
    there already and still holds is not done again. Parameters and errors are those of `fit`; if a data model
    could not answer, all that does not need its answer is done by then.
    """
    return _done(spec, out, "report", settings, methods)


def _done(
    spec: str | Path | Benchmark,
    out: str | Path,
    until: Until,
    settings: Settings,
    methods: Collection[str] = (),
) -> Path:
    benchmark = spec if isinstance(spec, Benchmark) else load(spec)
    if until != "build":
        benchmark = _searched(benchmark, Path(out), settings, methods)
    steps = plan(benchmark, until, methods)
    _ensure_same_secret(benchmark, steps, Path(out))
    _raise_failures(execute(steps, Path(out), settings, is_whole=until == "report"))
    return Path(out) / benchmark.folder


def _searched(benchmark: Benchmark, out: Path, settings: Settings, methods: Collection[str]) -> Benchmark:
    """Fit the points of a search that proposes draws, one draw after the other; give it with all of them.

    What fails is left alone here, and tried again once by the plan of the whole.
    """
    failed, values = set[str](), list[float | None]()
    while (search := benchmark.search) is not None and search.is_open(benchmark.seed):
        ensure_proposals()
        steps = [step for step in plan(benchmark, "fit", methods) if step.dataset not in failed]
        _ensure_same_secret(benchmark, steps, out)
        failed |= {failure.dataset for failure in execute(steps, out, settings)}
        values += [draw.value for draw in tried(benchmark, search, out, len(values))]
        benchmark = with_proposal(benchmark, search, values)
    return benchmark


def _ensure_same_secret(benchmark: Benchmark, steps: Sequence[Step], out: Path) -> None:
    for dataset in dict.fromkeys(step.dataset for step in steps):
        ensure_same_secret(benchmark, DatasetFolder(out / dataset))


def _raise_failures(failures: list[Failure]) -> None:
    """Raise one MethodError that tells all failures, if there are any."""
    several = len({failure.dataset for failure in failures}) > 1
    told = [
        f"{failure.dataset}, " * several + f"data model {failure.step.removeprefix('method ')}: {failure.why}"
        for failure in failures
    ]
    if told:
        raise MethodError("\n".join(told))
