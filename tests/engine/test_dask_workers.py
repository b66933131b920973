"""A cluster does what one process does."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from ctdspec import load, run
from ctdspec.engine.dask_workers import DaskWorkers, cluster_at, local_cluster
from ctdspec.engine.execute import Settings, execute
from ctdspec.engine.step import Made, Site, new_step
from ctdspec.errors import CtdspecError, UsageError
from ctdspec.store.manifest import read_manifest

SWEEP = Path(__file__).parent / "tiny_sweep.yaml"


def digests(folder: Path) -> dict[str, dict[str, str]]:
    return {
        path.parent.relative_to(folder).as_posix(): {
            name: record.digest for name, record in read_manifest(path).files.items()
        }
        for path in folder.rglob("manifest.json")
    }


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_ends_as_one_process_does(tmp_path):
    from distributed import Client, LocalCluster

    alone = run(SWEEP, tmp_path / "alone")
    settings = {"dashboard_address": "localhost:0"}
    with LocalCluster(n_workers=3, threads_per_worker=1, **settings) as cluster, Client(cluster) as client:
        workers = KillsOne(client)
        together = run(SWEEP, tmp_path / "together", Settings(workers=workers))
    assert workers.killed
    assert digests(together) == digests(alone)


class KillsOne(DaskWorkers):  # pyright: ignore[reportGeneralTypeIssues]  final for users, not for a test
    """Kills the process of a worker when a few steps are with the cluster."""

    killed = False

    def next(self):
        if not self.killed and len(self._given) >= 3:
            time.sleep(1)
            pids = self._client.run(os.getpid)
            os.kill(next(iter(pids.values())), signal.SIGKILL)
            self.killed = True
        return super().next()


def test_two_runs_may_have_workers_at_a_time():
    """Without the warning that a port is taken, which would be an error here."""
    with local_cluster(1), local_cluster(1):
        pass


def test_errors_come_back_from_workers(tmp_path):
    def fail(site: Site) -> Made:
        raise CtdspecError("the weights are gone")

    with local_cluster(1) as workers, pytest.raises(CtdspecError, match="the weights are gone"):
        execute([new_step(("d", "a"), 1, {}, [], fail)], tmp_path, Settings(workers=workers))


def test_an_address_without_a_scheduler_is_refused(monkeypatch):
    monkeypatch.setattr("ctdspec.engine.dask_workers.CONNECT_S", 0.5)
    with pytest.raises(UsageError, match="no Dask scheduler answers there"), cluster_at("tcp://127.0.0.1:9"):
        pass


def test_the_steps_of_a_shipped_benchmark_can_be_sent_to_workers():
    from distributed.protocol.pickle import dumps, loads

    from ctdspec.engine.plan import plan

    for step in plan(load("3bff")):
        sent = loads(dumps(step))
        assert (sent.id, sent.key) == (step.id, step.key)
