"""Executing a plan: order, resuming, twins, damage, failures, locks, full disks."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ctdspec.engine.exclusive import at_work, exclusive
from ctdspec.engine.execute import Settings, execute
from ctdspec.engine.log import Log
from ctdspec.engine.outlook import outlook
from ctdspec.engine.step import Made, Site, Step, new_step
from ctdspec.errors import DatasetError, StorageError
from ctdspec.store.manifest import read_manifest

Writer = Callable[..., Step]


@pytest.fixture
def made() -> list[str]:
    """What was done, in order."""
    return []


@pytest.fixture
def writer(made: list[str]) -> Writer:
    """Give steps that write their name, and what they need, to a file."""

    def step(name: str, needs: tuple[Step, ...] = (), dataset: str = "d", says: str = "") -> Step:
        def make(site: Site) -> Made:
            made.append(f"{site.dataset}/{name}")
            texts = [(site.out / need.dataset / f"{need.name}.txt").read_text() for need in needs]
            path = site.folder.path / f"{name}.txt"
            path.write_text(" ".join([says or name, *texts]))
            return Made({path: None})

        return new_step((dataset, name), 1, {"says": says}, needs, make)

    return step


def log_of(path: Path) -> list[tuple[str, str]]:
    return [(entry["event"], entry["step"]) for entry in map(json.loads, path.read_text().splitlines())]


def test_steps_are_done_once_and_after_what_they_need(writer, made, tmp_path):
    a = writer("a")
    b, c = writer("b", (a,)), writer("c", (a,))
    plan = [a, b, c, writer("d", (b, c))]
    assert execute(plan, tmp_path, Settings()) == []
    assert made == ["d/a", "d/b", "d/c", "d/d"]
    assert (tmp_path / "d/d.txt").read_text() == "d b a c a"
    execute(plan, tmp_path, Settings(log=Log(tmp_path / "log.jsonl")))
    assert made == ["d/a", "d/b", "d/c", "d/d"]
    assert log_of(tmp_path / "log.jsonl") == [("kept", name) for name in "abcd"]


def test_a_changed_step_takes_its_followers_with_it(writer, made, tmp_path):
    a, other = writer("a"), writer("other")
    execute([a, other, writer("b", (a,))], tmp_path, Settings())
    made.clear()
    new = writer("a", says="new")
    execute([new, other, writer("b", (new,))], tmp_path, Settings())
    assert made == ["d/a", "d/b"]
    assert (tmp_path / "d/b.txt").read_text() == "b new"


def test_twins_share_their_files(writer, made, tmp_path):
    steps = [writer("a", dataset=dataset) for dataset in ("x", "y")]
    followers = [writer("b", (step,), step.dataset, says=step.dataset) for step in steps]
    execute([*steps, *followers], tmp_path, Settings())
    assert made == ["x/a", "x/b", "y/b"]
    assert (tmp_path / "x/a.txt").samefile(tmp_path / "y/a.txt")
    records = [read_manifest(tmp_path / name / "manifest.json") for name in ("x", "y")]
    assert records[0].files["a.txt"] == records[1].files["a.txt"]
    assert [each.state for each in outlook([*steps, *followers], tmp_path)] == ["done"] * 4


def test_what_is_about_to_be_read_is_made_again_if_it_was_damaged(writer, made, tmp_path):
    a = writer("a")
    execute([a, writer("b", (a,))], tmp_path, Settings())
    (tmp_path / "d/a.txt").write_text("?")  # as long as it was
    made.clear()
    execute([a, writer("b", (a,), says="B")], tmp_path, Settings(log=Log(tmp_path / "log.jsonl")))
    assert made == ["d/a", "d/b"]
    assert (tmp_path / "d/b.txt").read_text() == "B a"
    assert ("damaged", "a") in log_of(tmp_path / "log.jsonl")


def test_a_damaged_twin_is_not_passed_on(writer, made, tmp_path):
    first = writer("a", dataset="x")
    execute([first], tmp_path, Settings())
    (tmp_path / "x/a.txt").write_text("?")
    execute([first, writer("a", dataset="y")], tmp_path, Settings())
    assert made == ["x/a", "x/a"]
    assert [(tmp_path / name / "a.txt").read_text() for name in ("x", "y")] == ["a", "a"]


def test_others_go_on_without_a_step_that_failed(made, writer, tmp_path):
    broken = [True]

    def make(site: Site) -> Made:
        why = "no luck" if broken[0] else ""
        path = site.folder.path / ("why.txt" if why else "a.txt")
        path.write_text(why)
        return Made({path: None}, failure=why)

    a = new_step(("d", "a"), 1, {}, [], make)

    def count(site: Site) -> Made:
        made.append("b")
        path = site.folder.path / "b.txt"
        path.write_text("there" if (site.folder.path / "a.txt").exists() else "lacking")
        return Made({path: None})

    plan = [a, new_step(("d", "b"), 1, {}, [a], count)]
    for _ in range(2):
        (failure,) = execute(plan, tmp_path, Settings())
        assert (failure.step, failure.why) == ("a", "no luck")
    assert (tmp_path / "d/b.txt").read_text() == "lacking"
    assert made == ["b"], "what others make without it is not made twice"
    broken[0] = False
    assert execute(plan, tmp_path, Settings()) == []
    assert (tmp_path / "d/b.txt").read_text() == "there"
    assert not (tmp_path / "d/why.txt").exists()


def test_what_is_made_without_an_optional_step_still_holds(writer, made, tmp_path):
    a = replace(writer("a"), optional=True)

    def count(site: Site) -> Made:
        made.append("b")
        return Made({})

    plan = [a, new_step(("d", "b"), 1, {}, [a], count)]
    for _ in range(2):
        execute(plan, tmp_path, Settings())
    assert made == ["b"]
    assert [each.state for each in outlook(plan, tmp_path)] == ["left out", "done"]


def test_a_step_that_raises_ends_the_run_and_what_is_done_stays(writer, made, tmp_path):
    a = writer("a")

    def fail(site: Site) -> Made:
        raise DatasetError("the weights are gone")

    plan = [a, new_step(("d", "bad"), 1, {}, [a], fail), writer("late", (a,))]
    with pytest.raises(DatasetError, match="weights"):
        execute(plan, tmp_path, Settings())
    assert [each.state for each in outlook(plan, tmp_path)] == ["done", "to do", "to do"]


def test_two_runs_in_one_folder_are_told_apart(writer, tmp_path):
    with exclusive(tmp_path, {"d"}):
        with pytest.raises(DatasetError, match=rf"another run is at work there \(process {os.getpid()} on "):
            execute([writer("a")], tmp_path, Settings())
        execute([writer("a", dataset="e")], tmp_path, Settings())
    execute([writer("a")], tmp_path, Settings())


def test_a_run_does_not_begin_beside_a_worker_of_one_that_has_ended(writer, tmp_path):
    with at_work(tmp_path, "d"), pytest.raises(DatasetError, match="a worker of a run that has ended"):
        execute([writer("a")], tmp_path, Settings())
    (tmp_path / ".d.0.lock").touch()  # that of a worker that was killed
    execute([writer("a")], tmp_path, Settings())
    assert [path.name for path in tmp_path.glob(".*.lock")] == [".d.lock"]


@pytest.mark.parametrize(
    ("code", "says"), [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "may not be written")]
)
def test_a_disk_that_refuses_is_said_to(code, says, tmp_path):
    def make(site: Site) -> Made:
        raise OSError(code, os.strerror(code), str(site.folder.path / "big.zarr"))

    with pytest.raises(StorageError, match=rf"big.zarr: .*{says}.*the same command goes on"):
        execute([new_step(("d", "a"), 1, {}, [], make)], tmp_path, Settings())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
def test_a_full_disk_leaves_nothing_half_written(writer, made, tmp_path):
    def make(site: Site) -> Made:
        with Path("/dev/full").open("w") as file:
            file.write("x" * 100_000)
        return Made({})

    a = writer("a")
    with pytest.raises(StorageError):
        execute([a, new_step(("d", "b"), 1, {}, [a], make)], tmp_path, Settings())
    assert set(read_manifest(tmp_path / "d/manifest.json").files) == {"a.txt"}
    execute([a, writer("b", (a,))], tmp_path, Settings())
    assert made == ["d/a", "d/b"]


def test_every_step_is_timed_measured_and_profiled(tmp_path):
    def make(site: Site) -> Made:
        block = bytearray(80_000_000)
        block[::4096] = b"x" * len(block[::4096])
        path = site.folder.path / "a.txt"
        path.write_text(str(len(block)))
        return Made({path: None})

    small = new_step(("d", "small"), 1, {}, [], lambda site: Made({}))
    settings = Settings(profiles=tmp_path / "profiles")
    execute([small, new_step(("d", "large one"), 1, {}, [], make)], tmp_path, settings)
    steps = read_manifest(tmp_path / "d/manifest.json").steps
    assert steps["large one"].peak_bytes - steps["small"].peak_bytes > 60_000_000
    assert steps["large one"].seconds > 0
    assert sorted(path.name for path in (tmp_path / "profiles").iterdir()) == [
        "d-large_one.prof",
        "d-small.prof",
    ]
