"""Options of the verbs that execute a plan: who does the work, and what is written about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from inspect import Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from ctdspec.engine.execute import Settings
    from ctdspec.engine.workers import Workers

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


@dataclass(frozen=True)
class Execution:
    """How a user wants a plan to be executed. Its fields are options of every verb that is `executing`."""

    chunk_trials: ChunkTrials = 200
    workers: NumberOfWorkers = None
    engine: Engine = "local"
    scheduler: Scheduler = None
    log: LogFile = None
    profile: Profiles = None

    @contextmanager
    def settings(self, quiet: bool) -> Iterator[Settings]:
        """Give the settings that are asked for; workers that were started end with the block.

        Raises
        ------
        UsageError
            If the options contradict each other, or no scheduler answers.
        """
        from ctdspec.cli.progress import progress
        from ctdspec.engine.execute import Settings
        from ctdspec.engine.log import Log

        profiles = self.profile and self.profile.absolute()
        with self._workers() as workers:
            yield Settings(self.chunk_trials, workers, progress(quiet), Log(self.log), profiles)

    @contextmanager
    def _workers(self) -> Iterator[Workers]:
        from ctdspec.engine.workers import InProcess
        from ctdspec.errors import UsageError

        if self.scheduler is not None and self.workers is not None:
            raise UsageError("--scheduler has workers of its own; leave out --workers")
        if self.scheduler is not None:
            from ctdspec.engine.dask_workers import cluster_at

            with cluster_at(self.scheduler) as workers:
                yield workers
        elif self.workers is not None or self.engine == "dask":
            from ctdspec.engine.dask_workers import local_cluster
            from ctdspec.parallel import n_cores

            with local_cluster(self.workers or n_cores()) as workers:
                yield workers
        else:
            yield InProcess()


def executing(verb: Callable[..., None]) -> Callable[..., None]:
    """Give a verb the options of `Execution` in place of its parameter ``execution``, which has them all."""
    parameters = dict(signature(verb, eval_str=True).parameters)
    del parameters["execution"]
    options = signature(Execution, eval_str=True).parameters

    @wraps(verb)
    def with_options(**given: Any) -> None:
        chosen = {name: given.pop(name) for name in options}
        verb(**given, execution=Execution(**chosen))

    shown = [*parameters.values(), *options.values()]
    with_options.__signature__ = Signature(shown)  # type: ignore[attr-defined]  what typer reads
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
    return with_options
