"""The file in which an answer travels: one HDF5 file of plain arrays, described in docs/submissions.md."""

# h5py does not declare its low-level modules, which are compiled.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import json
import stat
from pathlib import Path

import h5py
import numpy as np
from h5py import h5g

from ctdspec.atomic import replacing_file
from ctdspec.errors import SubmissionError
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.expected import Expected, named_arrays, raise_problems
from ctdspec.submissions.reader import AXES, FORMAT, VERSION, Reader

_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def track(answer: Answer) -> str:
    """Give the track of an answer: ``R`` for rates, ``S`` for rates and states."""
    return "S" if any(split.states is not None for split in answer.splits.values()) else "R"


def write_answer(path: Path, answer: Answer) -> None:
    """Write an answer, whole or not at all; an older file at `path` is replaced.

    The same answer gives the same bytes. The arrays are not compressed: inferred rates shrink by a quarter at
    best, at twelve times the time (float32, gzip 1 with shuffle 40 times).
    """
    with replacing_file(path) as new, h5py.File(new, "w") as file:
        file.attrs["format"] = FORMAT
        file.attrs["version"] = VERSION
        file.attrs["method"] = answer.method
        file.attrs["dataset"] = answer.dataset
        file.attrs["track"] = track(answer)
        file.attrs["given_inputs"] = answer.given_inputs
        file.attrs["parameters"] = json.dumps(dict(answer.parameters), sort_keys=True, allow_nan=False)
        for name, split in answer.splits.items():
            _write_split(file.create_group(name), split)


def _write_split(group: h5py.Group, split: SplitAnswer) -> None:
    for name, array in named_arrays(split).items():
        dataset = group.create_dataset(name, data=np.ascontiguousarray(array, np.float32))
        dataset.attrs["dims"] = list(AXES[name])


def read_answer(path: Path, expected: Expected) -> Answer:
    """Read an answer that someone else wrote.

    Nothing is executed, repaired, or read from another file, and no array is allocated before its shape is
    known to be the expected one.

    Parameters
    ----------
    path
        The HDF5 file.
    expected
        What an answer to the dataset must look like.

    Raises
    ------
    SubmissionError
        If the file is not such an answer; the text lists everything that is wrong with it.
    """
    _ensure_hdf5(path)
    try:
        with h5py.File(path, "r") as file:
            reader = Reader(expected)
            answer = reader.read(h5g.open(file.id, b"/"), path.stat().st_size)
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise SubmissionError(f"{path}: the file is damaged ({error}); write it again") from error
    raise_problems(str(path), reader.problems)
    return answer


def _ensure_hdf5(path: Path) -> None:
    """Look before opening, because opening a pipe would wait for ever."""
    advice = "give one HDF5 file as docs/submissions.md describes"
    if not path.exists():
        raise SubmissionError(f"{path}: no such file; {advice}")
    if not stat.S_ISREG(path.stat().st_mode):
        raise SubmissionError(f"{path}: found a folder or a device, expected a file; {advice}")
    with path.open("rb") as file:
        if file.read(len(_SIGNATURE)) != _SIGNATURE:
            raise SubmissionError(f"{path}: found no HDF5 signature in the first bytes; {advice}")
