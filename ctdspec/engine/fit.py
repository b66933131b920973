"""Fitting the declared data models."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path

from ctdspec.atomic import write_text
from ctdspec.benchmark import Benchmark
from ctdspec.engine.export import export
from ctdspec.engine.private import method_seed
from ctdspec.engine.step import Cost, Made, Site, Step, new_step, versions
from ctdspec.errors import MethodError, UsageError
from ctdspec.methods.ahead import whole_answer
from ctdspec.methods.method import Given, Method
from ctdspec.methods.trained import REPORT
from ctdspec.spec.kept import kept
from ctdspec.spec.problem import did_you_mean, quoted
from ctdspec.store.digest import combined_digest, file_digest
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.manifest import read_manifest
from ctdspec.store.recording import open_recording
from ctdspec.submissions.file import write_answer

VERSION = 1
"""Of the code of these steps; see `new_step`."""


ALL = "all"
"""Stands for every data model of a benchmark."""


def method_steps(benchmark: Benchmark, nwb: Step, asked_for: Collection[str]) -> list[Step]:
    """Give the steps that fit the data models, each from the NWB files alone.

    One whose data model cannot answer leaves what went wrong and its log, and is tried again next time. An
    optional one is fitted if `asked_for` has its name, or `ALL`.

    Raises
    ------
    UsageError
        If no data model has a name that is asked for.
    """
    _ensure_known(benchmark, asked_for)
    return [
        _method_step(
            benchmark, method, nwb, bool(method.optional) and {method.name, ALL}.isdisjoint(asked_for)
        )
        for method in benchmark.data_models
    ]


def _ensure_known(benchmark: Benchmark, names: Collection[str]) -> None:
    known = [method.name for method in benchmark.data_models]
    for name in sorted(set(names) - {*known, ALL}):
        hint = did_you_mean(name, known) or f"there are {', '.join(known)}, and {ALL} for all of them"
        raise UsageError(f"--methods: {benchmark.name} has no data model {quoted(name)}; {hint}")


def _method_step(benchmark: Benchmark, method: Method, nwb: Step, optional: bool) -> Step:
    identity, code = _identity_and_code(method)
    depends_on = {
        "method": identity,
        "code": code,
        "seed": str(method_seed(benchmark)),
        **{f"file {source}": _source_digest(source) for source in method.sources},
    }
    make = partial(_make_answer, method, method_seed(benchmark))
    at = (benchmark.folder, f"method {method.name}")
    return new_step(at, VERSION, depends_on, [nwb], make, Cost(20, 2e9, 2e8), optional=optional)


@kept
def _identity_and_code(method: Method) -> tuple[str, str]:
    return method.identity, " ".join(versions(method))


def _make_answer(method: Method, seed: int, site: Site) -> Made:
    folder = site.folder
    path, failure = folder.submission(method.name), folder.failure(method.name)
    path.parent.mkdir(parents=True, exist_ok=True)

    def write_bundle(to: Path, format: str) -> None:
        export(folder.path, format, to)

    given = Given(open_recording(folder.path), write_bundle, path.with_name("log.txt"), site.track)
    try:
        write_answer(path, whole_answer(method, given, seed))
    except MethodError as error:
        why = str(error)
        write_text(failure, json.dumps({"method": method.name, "why": why}, indent=1) + "\n")
        return Made(_there(failure, given.log), failure=why)
    return Made(_there(path, given.log, given.folder / REPORT))


def _there(*paths: Path) -> dict[Path, None]:
    return {path: None for path in paths if path.exists()}


def answered(benchmark: Benchmark, folder: DatasetFolder) -> list[str]:
    """Give the names of the data models that have answered, in the order of the spec."""
    steps = read_manifest(folder.manifest).steps
    names = [method.name for method in benchmark.data_models]
    return [name for name in names if (step := steps.get(f"method {name}")) and not step.failure]


def _source_digest(source: Path) -> str:
    """Give one digest of a file, or of all files in a folder; of one that is missing, nothing."""
    return combined_digest(
        {path.relative_to(source).as_posix(): file_digest(path) for path in _inside(source)}
    )


def _inside(source: Path) -> Iterator[Path]:
    paths = sorted(source.rglob("*")) if source.is_dir() else [source]
    return (path for path in paths if path.is_file() and "__pycache__" not in path.parts)
