from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from ctdspec.atomic import recover, recover_all, replacing_file, replacing_folder, write_text


class Killed(BaseException):
    pass


class Machine:
    """Lets a number of file-system operations pass; then everything fails, as after a kill."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, operations: int) -> None:
        self.left = operations
        for owner, name in [
            (Path, "replace"),
            (Path, "unlink"),
            (Path, "mkdir"),
            (os, "unlink"),
            (os, "rmdir"),
            (os, "fsync"),
        ]:
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, operation: Callable[..., object]) -> Callable[..., object]:
        def counted(*args: object, **kwargs: object) -> object:
            if self.left <= 0:
                raise Killed
            self.left -= 1
            return operation(*args, **kwargs)

        return counted


def _write_file(path: Path, text: str) -> None:
    with replacing_file(path) as new:
        new.write_text(text[: len(text) // 2])
        new.write_text(text)


def _write_folder(path: Path, text: str) -> None:
    with replacing_folder(path) as new:
        (new / "a").write_text(text)
        (new / "sub").mkdir()
        (new / "sub" / "b").write_text(text)


def _read_file(path: Path) -> set[str]:
    return {path.read_text()}


def _read_folder(path: Path) -> set[str]:
    assert sorted(p.name for p in path.rglob("*")) == ["a", "b", "sub"]
    return {(path / "a").read_text(), (path / "sub" / "b").read_text()}


@pytest.mark.parametrize(("write", "read"), [(_write_file, _read_file), (_write_folder, _read_folder)])
@pytest.mark.parametrize("then", ["recover", "write again"])
def test_a_kill_between_any_two_operations_leaves_old_or_new(
    tmp_path: Path, write: Callable[[Path, str], None], read: Callable[[Path], set[str]], then: str
) -> None:
    survived = False
    for operations in range(24):
        path = tmp_path / str(operations) / "thing"
        write(path, "the old one")
        with pytest.MonkeyPatch.context() as monkeypatch:
            Machine(monkeypatch, operations)
            with suppress(Killed):
                write(path, "the new one")
                survived = True
        recover(path)
        assert read(path) in ({"the old one"}, {"the new one"})
        if then == "write again":
            write(path, "the third one")
            assert read(path) == {"the third one"}
        assert [found.name for found in path.parent.iterdir()] == ["thing"]
    assert survived


def test_a_kill_during_recovery_loses_nothing(tmp_path: Path) -> None:
    for first in range(3, 16):
        for second in range(0, 8, 2):
            path = tmp_path / f"{first}-{second}" / "thing"
            _write_folder(path, "old")
            for operations, work in [(first, lambda p: _write_folder(p, "new")), (second, recover)]:
                with pytest.MonkeyPatch.context() as monkeypatch:
                    Machine(monkeypatch, operations)
                    with suppress(Killed):
                        work(path)
            recover(path)
            assert _read_folder(path) in ({"old"}, {"new"})


def test_an_error_while_writing_keeps_the_old(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_text(path, "old")
    with suppress(RuntimeError), replacing_file(path) as new:
        new.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"


def test_recover_all_cleans_a_dataset_folder(tmp_path: Path) -> None:
    leftovers = ["a.json", "sub-x/b.nwb", "methods/m/submission.h5"]
    for name in leftovers:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f".ctdspec-new-{path.name}").write_text("half")
    (tmp_path / ".ctdspec-old-truth.zarr").mkdir()
    recover_all(tmp_path)
    assert [p.name for p in tmp_path.rglob("*ctdspec*")] == []
    assert (tmp_path / "truth.zarr").is_dir()


def test_the_temporary_name_keeps_the_ending(tmp_path: Path) -> None:
    with replacing_file(tmp_path / "x.nwb") as new:
        assert new.suffix == ".nwb"
        assert new.parent == tmp_path
        new.touch()
    shutil.rmtree(tmp_path)


def test_a_folder_whose_writer_fails_leaves_nothing(tmp_path):
    place = tmp_path / "truth.zarr"
    place.mkdir()
    (place / "old").touch()

    def fail():
        with replacing_folder(place) as new:
            (new / "half").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["truth.zarr"]
    assert [path.name for path in place.iterdir()] == ["old"]
