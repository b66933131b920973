"""Files that are hostile, huge or no files at all end in a message, soon."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ctdspec.benchmark import load, shipped_names
from ctdspec.errors import CtdspecError, UsageError
from ctdspec.spec.explain import SpecError
from ctdspec.spec.load import MAX_BYTES


@pytest.fixture(autouse=True)
def no_hang() -> Iterator[None]:
    """Fail what hangs; how many seconds a file takes is for benchmarks to say."""
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("it hangs"))
    signal.setitimer(signal.ITIMER_REAL, 60)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_specs_are_fine(name: str) -> None:
    assert load(name).name == name


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.yaml")
    with pytest.raises(UsageError, match="not a regular file"):
        load(tmp_path / "x.yaml")


@pytest.mark.parametrize(
    "path", ["/dev/zero", "/dev/null", "/", "missing.yaml", "a\0b.yaml", "x" * 5000 + ".yaml"]
)
def test_what_is_no_file_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match=r"cannot be read|not a regular file"):
        load(path)


def test_big_files_are_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "x.yaml").open("wb") as file:
        file.truncate(10 * 2**30)
    with pytest.raises(UsageError, match=f"larger than {MAX_BYTES // 1024} KiB"):
        load(tmp_path / "x.yaml")


@pytest.mark.parametrize(
    "content",
    [
        b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n",
        b"!!python/object/apply:os.system ['touch pwned']\n",
        b"\xff\xfea\x00:\x00",
        b"a: \x00\n",
        b"\xef\xbb\xbf",
        b"a: \"\\UFFFFFFFF\"\n",
        b"a: " + b"9" * 100_000,
        b"? " * 60_000,
        b"a: |\n" + b" x\n" * 40_000,
        b"'" + b"a" * 130_000,
        b"#" * 131_000,
        b"[" * 131_000,
        b"- " * 65_000,
        b"{" + b"a: b, " * 20_000,
        b"".join(b"k%d: 1\n" % i for i in range(10_000)),
        b"data_models: [" + b"{kind: x}, " * 9_000 + b"]",
        b"data_models: [" + b"{name: 1}, " * 4_000 + b"]",
        b"metrics: [" + b"a, " * 19_000 + b"]",
    ],
)  # fmt: skip
def test_hostile_content(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(content)
    with pytest.raises(SpecError) as caught:
        load(tmp_path / "x.yaml")
    assert 1 <= len(caught.value.problems) <= 100
    assert len(str(caught.value)) < 200_000
    assert list(tmp_path.iterdir()) == [tmp_path / "x.yaml"]


def test_messages_are_safe_on_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text('"\\e]0;x": 1\nb: "\\x9b31m"\n\u202ec: 1\nnäme: 5\n', encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load(tmp_path / "x.yaml")
    assert all(character.isprintable() for line in str(caught.value).splitlines() for character in line)


def test_names_that_are_close(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CtdspecError, match="did you mean 'lorenz'"):
        load("lorentz")
    with pytest.raises(CtdspecError, match=r"shipped are: .*3bff.*lorenz"):
        load("qqqqqq")
