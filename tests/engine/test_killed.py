"""A sweep with workers that is killed at any moment ends as one that is left alone."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ctdspec import load
from ctdspec.engine.outlook import outlook
from ctdspec.engine.plan import plan
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.manifest import read_manifest
from ctdspec.store.verify import verify

SPEC = Path(__file__).parent / "tiny_killed.yaml"
SLOWEST_S = 600.0


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, float]:
    """The digests of a run that nobody kills, and how long it takes with workers."""
    out = tmp_path_factory.mktemp("undisturbed")
    start = time.monotonic()
    assert ended(started(out), SLOWEST_S) == 0
    return digests(out), time.monotonic() - start


def digests(out: Path) -> dict[str, dict[str, str]]:
    return {
        path.parent.relative_to(out).as_posix(): {
            name: record.digest for name, record in read_manifest(path).files.items()
        }
        for path in out.rglob("manifest.json")
    }


def started(out: Path) -> subprocess.Popen:
    """Start a run of the sweep with two workers, in a process that may be killed."""
    command = [sys.executable, "-m", "ctdspec.cli", "run", SPEC, "--out", out, "--workers", "2"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ended(process: subprocess.Popen, after_s: float) -> int | None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(after_s)
    return None


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_a_sweep_that_is_killed_ends_as_one_that_is_not(kills, undisturbed, tmp_path):
    """Moments are spread evenly over the first run, and over what is left of each that follows it."""
    expected, seconds = undisturbed
    rng = np.random.default_rng(kills)
    out, n_killed = tmp_path / "out", 0
    while n_killed < kills:
        process = started(out)
        if ended(process, rng.uniform(0, seconds)) is None:
            process.kill()
            process.wait()
            n_killed += 1
        else:  # it was done before: the next moments are those of a run from the start
            assert process.returncode == 0
            assert digests(out) == expected
            shutil.rmtree(out)
    assert ended(started(out), SLOWEST_S) == 0
    assert digests(out) == expected
    assert all(each.state == "done" for each in outlook(plan(load(SPEC)), out))
    for folder in (out / "tiny_killed/points").iterdir():
        assert verify(DatasetFolder(folder)) == []
