"""The report of a dataset."""

from __future__ import annotations

from pathlib import Path

from ctdspec.benchmark import Benchmark, load
from ctdspec.engine.fit import read_failures
from ctdspec.engine.steps import Made, Steps
from ctdspec.spec.digest import digest
from ctdspec.store.layout import DatasetFolder


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
    write = write_report if benchmark.sweep is None else write_sweep_report
    return write(folder, benchmark)


def report_steps(benchmark: Benchmark, steps: Steps) -> None:
    """Write the page, if anything it shows changed."""
    steps.run(
        "report",
        {
            "spec": digest(benchmark),
            "scores": steps.digest("scores"),
            "claims": steps.digest("claims") if benchmark.claims else "",
            **{f.method: f.why for f in read_failures(benchmark, steps.folder)},
        },
        lambda: Made({report(steps.folder.path): None}),
    )
