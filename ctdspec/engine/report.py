"""The report of a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ctdspec.benchmark import Benchmark, load
from ctdspec.engine.step import Cost, Made, Site, Step, new_step
from ctdspec.store.layout import DatasetFolder

VERSION = 3
"""Of the code of this step; see `new_step`."""


def report(dataset: str | Path) -> Path:
    """Write the page of a dataset that was scored, or of a sweep that was run, and give its path.

    Raises
    ------
    DatasetError
        If the dataset is incomplete.
    """
    from ctdspec.pages.report import write_report
    from ctdspec.pages.sweep import write_sweep_report

    folder = DatasetFolder(Path(dataset))
    benchmark = load(folder.spec_yaml)
    write = write_sweep_report if benchmark.is_many else write_report
    return write(folder, benchmark)


def report_step(benchmark: Benchmark, spec: Step, shown: Sequence[Step]) -> Step:
    """Give the step that writes the page of what other steps made."""
    at = (benchmark.folder, "report")
    return new_step(at, VERSION, {}, [spec, *shown], _make_report, Cost(10, 5e8, 3e6))


def _make_report(site: Site) -> Made:
    return Made({report(site.folder.path): None})
