"""Workers of a Dask cluster: some processes of this machine, or whatever an existing scheduler has."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, final

from ctdspec.engine.ledger import Done
from ctdspec.engine.step import Site, Step
from ctdspec.engine.work import do
from ctdspec.engine.workers import Workers
from ctdspec.errors import CtdspecError, UsageError
from ctdspec.track import silent

if TYPE_CHECKING:
    from distributed import Client

_PER_THREAD = 2
"""Steps that are with the cluster, for each thread of its workers, so that none waits for its next step."""
CONNECT_S = 20.0
"""Seconds that a scheduler has to answer."""
# Dask's own settings have freed memory given back at once, and a thread that looks a hundred times a second
# what the others do: fits then take a quarter longer.
_SETTINGS = {
    "distributed.nanny.pre-spawn-environ": {
        "OMP_NUM_THREADS": 1,
        "MKL_NUM_THREADS": 1,
        "OPENBLAS_NUM_THREADS": 1,
    },
    "distributed.worker.profile.enabled": False,
}


@final
class DaskWorkers(Workers):
    """The workers that a client reaches. They see the same files under the same paths as this process."""

    def __init__(self, client: Client) -> None:
        from distributed import as_completed

        self._client = client
        self._given: dict[Any, Step] = {}
        self._completed: Any = as_completed()

    def has_room(self, n_running: int) -> bool:
        """Take a few steps more than they can do at a time."""
        n_threads = sum(worker["nthreads"] for worker in self._known)
        return n_running < max(1, _PER_THREAD * n_threads)

    def start(self, step: Step, site: Site) -> None:
        """Hand a step to the scheduler, with the resources it needs as far as its workers declare any."""
        future = self._client.submit(
            do, step, replace(site, track=silent), pure=False, resources=self._resources(step)
        )
        self._given[future.key] = step
        self._completed.add(future)

    def next(self) -> tuple[Step, Done]:
        """Wait for a step that is done."""
        from distributed import KilledWorker

        future = next(self._completed)
        step = self._given.pop(future.key)
        try:
            return step, future.result()
        except KilledWorker as error:
            raise CtdspecError(
                f"{step.dataset}: the step {step.name!r} ended the worker that did it, more than once; it may"
                " need more memory than a worker has. Start workers with more, or run it without --workers"
            ) from error

    def _resources(self, step: Step) -> dict[str, float]:
        wanted = {"MEMORY": step.cost.memory_bytes, "GPU": float(step.cost.gpu)}
        declared = {name for worker in self._known for name in worker["resources"]}
        return {name: amount for name, amount in wanted.items() if amount and name in declared}

    @property
    def _known(self) -> list[dict[str, Any]]:
        """What the scheduler says about each worker."""
        return list(self._client.scheduler_info(n_workers=-1)["workers"].values())


@contextmanager
def local_cluster(n_workers: int) -> Iterator[DaskWorkers]:
    """Start worker processes on this machine, one core each, for as long as the block runs."""
    import dask.config
    from distributed import Client, LocalCluster

    # Any port that is free: Dask's own is one for the whole machine, and taken if another run has workers.
    settings: dict[str, Any] = {
        "dashboard_address": "localhost:0",
        "scheduler_kwargs": {"dashboard": False},
        "silence_logs": logging.ERROR,
    }
    with (
        dask.config.set(_SETTINGS),
        LocalCluster(n_workers=n_workers, threads_per_worker=1, **settings) as cluster,
        Client(cluster) as client,
    ):
        yield DaskWorkers(client)


@contextmanager
def cluster_at(address: str) -> Iterator[DaskWorkers]:
    """Use the workers of a scheduler that is running somewhere.

    Raises
    ------
    UsageError
        If no scheduler answers there, or it has no workers.
    """
    from distributed import Client

    try:
        client = Client(address, timeout=CONNECT_S)
    except (OSError, ValueError, TimeoutError) as error:
        raise UsageError(
            f"--scheduler {address}: no Dask scheduler answers there ({error}); start one with"
            " `dask scheduler`, and workers with `dask worker ADDRESS`"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECT_S)
        except TimeoutError:
            advice = f"start some with `dask worker {address}`"
            raise UsageError(f"--scheduler {address}: it has no workers; {advice}") from None
        yield DaskWorkers(client)
