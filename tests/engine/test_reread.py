"""What is read again is read once, whatever its names, and again if it changed."""

import os

from ctdspec.engine import reread
from ctdspec.store.manifest import content_digest


def test_a_file_of_two_names_is_read_once(tmp_path, monkeypatch):
    read = []

    def counted(path):
        read.append(path.name)
        return content_digest(path)

    monkeypatch.setattr(reread, "content_digest", counted)
    first, second, copy = (tmp_path / name for name in ("first", "second", "copy"))
    first.write_text("spikes")
    os.link(first, second)
    copy.write_text("spikes")
    again = reread.Reread()
    assert len({again.digest(path) for path in (first, second, copy, first)}) == 1
    assert read == ["first", "copy"]

    before = again.digest(second)
    second.write_text("no spikes")
    assert again.digest(first) == content_digest(first) != before
    assert read == ["first", "copy", "first"]
