"""Large arrays lie in files that nobody has to clean up."""

import errno
import os

import numpy as np
import pytest

from ctdspec import scratch
from ctdspec.errors import StorageError


@pytest.fixture
def small_pieces(monkeypatch, tmp_path):
    monkeypatch.setattr(scratch, "LARGE_BYTES", 1000)
    monkeypatch.setattr(scratch, "PIECE_VALUES", 50)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def in_a_file(array: np.ndarray) -> bool:
    return isinstance(array.base, np.memmap)


def test_only_large_arrays_lie_in_a_file_which_has_no_name(small_pieces):
    small, large = scratch.empty((9, 10), np.float64), scratch.empty((25, 5), np.float64)
    assert (in_a_file(small), in_a_file(large)) == (False, True)
    assert type(large) is np.ndarray
    large[:] = np.arange(125).reshape(25, 5)
    assert large.sum() == 7750
    assert list(small_pieces.iterdir()) == []


def test_pieces_cover_every_row_once(small_pieces):
    for shape in [(25, 5), (25, 3, 4), (3, 1000), (0, 5), (7,), (4, 0)]:
        found = list(scratch.pieces(shape))
        assert [row for piece in found for row in range(shape[0])[piece]] == list(range(shape[0]))
        values = [np.prod((piece.stop - piece.start, *shape[1:])) for piece in found]
        assert all(n <= 50 or piece.stop - piece.start == 1 for n, piece in zip(values, found, strict=True))
    assert list(scratch.pieces(np.empty((25, 5)))) == [slice(0, 10), slice(10, 20), slice(20, 25)]


def test_rows_are_taken_in_their_order(small_pieces):
    array = np.random.default_rng(0).normal(size=(40, 7))
    rows = np.random.default_rng(1).integers(0, 40, 90)
    found = scratch.taken(array, rows)
    assert in_a_file(found)
    np.testing.assert_array_equal(found, array[rows])


def test_a_full_disk_is_said_before_anything_is_written(small_pieces, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(scratch.os, "posix_fallocate", full)
    with pytest.raises(StorageError, match=r"no room for an array of .*No space left.* set TMPDIR"):
        scratch.empty((1000, 5), np.float64)
    assert list(small_pieces.iterdir()) == []
