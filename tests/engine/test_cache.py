"""Housekeeping deletes what it says and nothing else."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from ctdspec.engine.cache import cached, outdated, prune, rubbish, verify_all
from ctdspec.engine.exclusive import exclusive
from ctdspec.errors import DatasetError


@pytest.fixture
def out(tiny_lorenz: Path, tmp_path: Path) -> Path:
    """A folder with one finished dataset."""
    shutil.copytree(tiny_lorenz, tmp_path / "tiny_lorenz")
    return tmp_path


def test_a_finished_dataset_has_nothing_left_to_do(out):
    (dataset,) = cached(out)
    assert (dataset.name, dataset.stale) == ("tiny_lorenz", ())
    files = [path for path in (out / "tiny_lorenz").rglob("*") if path.is_file()]
    assert dataset.bytes == sum(path.stat().st_size for path in files)


def test_what_no_longer_holds_is_said(out):
    (out / "tiny_lorenz/scores.csv").unlink()
    (dataset,) = cached(out)
    assert dataset.stale == ("scores",)


def test_only_rubbish_is_deleted(out):
    folder = out / "tiny_lorenz"
    (folder / ".ctdspec-new-truth.zarr").mkdir()
    (folder / ".ctdspec-new-truth.zarr/half").write_text("half")
    (folder / "training-0123.ckpt").write_text("x" * 100)
    (folder / "methods/old").mkdir()
    (folder / "methods/old/submission.h5").write_text("an answer")
    (folder / "notes.txt").write_text("of a person")
    found = {path.relative_to(folder).as_posix() for path in rubbish(out)}
    assert found == {".ctdspec-new-truth.zarr", "training-0123.ckpt", "methods/old"}
    assert prune(out, rubbish(out), []) == 4 + 100 + 9
    assert rubbish(out) == []
    assert (folder / "notes.txt").exists()
    assert dict(verify_all(out))["tiny_lorenz"][0].place == "notes.txt"


def test_old_datasets_go_and_what_people_keep_stays(out):
    folder = out / "tiny_lorenz"
    (folder / "card.yaml").write_text("title: kept\n")
    month_ago = time.time() - 30 * 86_400
    os.utime(folder / "manifest.json", (month_ago, month_ago))
    assert outdated(out, 31) == []
    prune(out, [], outdated(out, 29))
    assert [path.name for path in folder.iterdir()] == ["card.yaml"]


def test_a_folder_in_which_a_run_is_at_work_is_left_alone(out):
    (out / "tiny_lorenz/training-0.ckpt").write_text("x")
    with exclusive(out, {"tiny_lorenz"}), pytest.raises(DatasetError, match="another run"):
        prune(out, rubbish(out), [])
    assert (out / "tiny_lorenz/training-0.ckpt").exists()


def test_damage_is_found(out):
    path = next((out / "tiny_lorenz").glob("sub-*/*test*.nwb"))
    path.write_bytes(path.read_bytes()[:-100] + b"x" * 100)
    assert any(finding.level == "error" for finding in dict(verify_all(out))["tiny_lorenz"])
