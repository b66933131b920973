"""Options of the verbs that execute a plan: who does the work, and what is written about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from ctdspec.engine.execute import Settings

_PANEL = "Execution (no result depends on it)"
ChunkTrials = Annotated[
    int, typer.Option(min=1, metavar="N", help="Trials in memory at a time.", rich_help_panel=_PANEL)
]
NumberOfWorkers = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Worker processes on this machine.", rich_help_panel=_PANEL),
]
Engine = Annotated[
    Literal["local", "dask"],
    typer.Option(help="This process, or a Dask cluster (implied by others).", rich_help_panel=_PANEL),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="Scheduler of a running Dask cluster, tcp://…", rich_help_panel=_PANEL
    ),
]
LogFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Add what happens, one JSON object a line.", rich_help_panel=_PANEL),
]
Profiles = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Write a profile of every step that is done.", rich_help_panel=_PANEL),
]


@contextmanager
def settings(
    chunk_trials: int,
    workers: int | None,
    engine: Literal["local", "dask"],
    scheduler: str | None,
    log: Path | None,
    profile: Path | None,
    quiet: bool,
) -> Iterator[Settings]:
    """Give the settings that the options ask for; workers that were started end with the block.

    Raises
    ------
    UsageError
        If the options contradict each other, or no scheduler answers.
    """
    from ctdspec.cli.progress import progress
    from ctdspec.engine.execute import Settings
    from ctdspec.engine.log import Log
    from ctdspec.engine.workers import InProcess
    from ctdspec.errors import UsageError

    if scheduler is not None and workers is not None:
        raise UsageError("--scheduler has workers of its own; leave out --workers")
    with ExitStack() as started:
        chosen = InProcess()
        if scheduler is not None:
            from ctdspec.engine.dask_workers import cluster_at

            chosen = started.enter_context(cluster_at(scheduler))
        elif workers is not None or engine == "dask":
            from ctdspec.engine.dask_workers import local_cluster
            from ctdspec.parallel import n_cores

            chosen = started.enter_context(local_cluster(workers or n_cores()))
        yield Settings(chunk_trials, chosen, progress(quiet), Log(log), profile and profile.absolute())
