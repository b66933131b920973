from __future__ import annotations

import hashlib
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctdspec.store.digest import ArrayDigest, array_digest, combined_digest, nwb_digest


@given(rows=st.lists(st.integers(0, 5), min_size=1, max_size=6))
def test_blocks_do_not_matter(rows: list[int]) -> None:
    array = np.arange(sum(rows) * 6, dtype=np.float32).reshape(-1, 2, 3)
    digest = ArrayDigest(np.float32)
    for block in np.split(array, np.cumsum(rows)[:-1]):
        digest.update(block)
    assert digest.hexdigest(array.shape) == array_digest(array)


def test_digest_is_what_its_docstring_says() -> None:
    array = np.arange(6, dtype="<i4").reshape(2, 3)
    content = hashlib.sha256(array.tobytes()).digest()
    expected = hashlib.sha256(json.dumps(["<i4", [2, 3]]).encode() + content).hexdigest()
    assert array_digest(array) == expected


def test_layout_in_memory_does_not_matter_but_values_shape_and_dtype_do() -> None:
    array = np.arange(6, dtype="<i4").reshape(2, 3)
    same = [array.astype(">i4"), np.asfortranarray(array), array[:, ::-1][:, ::-1]]
    other = [array.T, array.reshape(3, 2), array.astype("<i8"), array + 1, array.view("<f4")]
    assert {array_digest(a) for a in same} == {array_digest(array)}
    assert len({array_digest(a) for a in [array, *other]}) == len(other) + 1


def test_combined_digest_ignores_order() -> None:
    assert combined_digest({"a": "1", "b": "2"}) == combined_digest({"b": "2", "a": "1"})
    assert combined_digest({"a": "1", "b": "2"}) != combined_digest({"a": "2", "b": "1"})


def _file(path: Path, value: float = 1.0, note: str = "x", **storage: object) -> str:
    with h5py.File(path, "w") as file:
        data = file.create_dataset("group/data", data=np.full((100, 3), value), **storage)
        data.attrs["object_id"] = path.name
        data.attrs["unit"] = note
        file["group"].attrs["target"] = data.ref
        file["text"] = ["ä", "b"]
        file["file_create_date"] = path.name
        file["specifications/core"] = path.name
    return nwb_digest(path)


def test_nwb_digest_sees_content_only(tmp_path: Path) -> None:
    plain = _file(tmp_path / "plain.nwb")
    assert _file(tmp_path / "gzip.nwb", chunks=(7, 2), compression="gzip") == plain
    assert _file(tmp_path / "value.nwb", value=2.0) != plain
    assert _file(tmp_path / "note.nwb", note="y") != plain


def test_nwb_digest_takes_what_the_writer_knows(tmp_path: Path) -> None:
    plain = _file(tmp_path / "plain.nwb")
    known = {"/group/data": array_digest(np.full((100, 3), 1.0))}
    assert nwb_digest(tmp_path / "plain.nwb", known) == plain
    assert nwb_digest(tmp_path / "plain.nwb", {"/group/data": "0"}) != plain


@pytest.mark.parametrize("dtype", [np.bool_, np.uint16, np.float64])
def test_any_plain_dtype(dtype: type) -> None:
    assert array_digest(np.zeros(3, dtype)) != array_digest(np.ones(3, dtype))
