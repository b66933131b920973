"""The file in which an answer travels: one HDF5 file of plain arrays, described in docs/submissions.md."""

# h5py does not declare its low-level modules, which are compiled.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import BinaryIO

import h5py
import numpy as np
from h5py import h5g

from ctdspec.atomic import replacing_file
from ctdspec.errors import StorageError, SubmissionError
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.arrays import Arrays, Room
from ctdspec.submissions.exchange import READOUT, STEP, AnsweredDynamics
from ctdspec.submissions.expected import (
    CONNECTIVITY,
    Expected,
    Problem,
    coded,
    named_arrays,
    raise_problems,
)
from ctdspec.submissions.judged import judged
from ctdspec.submissions.reader import AXES, DYNAMICS, FORMAT, VERSION, Reader
from ctdspec.submissions.regular import ONE_FILE, open_regular

_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def track(answer: Answer) -> str:
    """Give the track of an answer: ``R`` for rates, ``S`` with states, ``D`` with states and dynamics."""
    if answer.dynamics is not None:
        return "D"
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
        if answer.connectivity is not None:
            matrix = file.create_dataset(
                CONNECTIVITY, data=np.ascontiguousarray(answer.connectivity, np.float32)
            )
            matrix.attrs["dims"] = ["neuron", "source_neuron"]
        if answer.dynamics is not None:
            _write_dynamics(file.create_group(DYNAMICS), answer.dynamics)


def _write_split(group: h5py.Group, split: SplitAnswer) -> None:
    for name, array in named_arrays(split).items():
        dataset = group.create_dataset(name, data=np.ascontiguousarray(array, np.float32))
        dataset.attrs["dims"] = list(AXES[name])


def _write_dynamics(group: h5py.Group, dynamics: AnsweredDynamics) -> None:
    group.attrs["inputs"] = dynamics.inputs
    for name, model in ((STEP, dynamics.step), (READOUT, dynamics.readout)):
        group.create_dataset(name, data=np.frombuffer(model, np.uint8))


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
    with open_regular(path) as file:
        answer, problems = judged(*read_open(file, expected), expected)
    raise_problems(str(path), problems)
    return answer


def read_open(file: BinaryIO, expected: Expected) -> tuple[Answer, list[Problem]]:
    """Read an answer from a file that is open, and from nothing else.

    Returns
    -------
    answer, problems
        What could be read, and everything that is wrong with it: without problems, it is the answer, but for
        its dynamics, which `judged` looks at.
    """
    arrays = Arrays()
    head, whole, problems = read_pieces(file, expected, arrays.room)
    return arrays.answer(head, whole), problems


def read_pieces(
    file: BinaryIO, expected: Expected, room: Room
) -> tuple[Answer, list[tuple[str, str]], list[Problem]]:
    """Read an answer as `read_open` does, and put its arrays, a few trials at a time, where there is room.

    Returns
    -------
    head, whole, problems
        An answer without arrays, splits and names of the arrays that are to be put into it, and everything
        that is wrong.
    """
    before = os.fstat(file.fileno())
    if file.read(len(_SIGNATURE)) != _SIGNATURE:
        return _nothing("SUB-SAF-002", "no HDF5 signature in the first bytes", "an HDF5 file", ONE_FILE)
    reader = Reader(expected, room)
    try:
        with h5py.File(file, "r") as opened:
            head, whole = reader.read(h5g.open(opened.id, b"/"), before.st_size)
    except StorageError:  # there is no room for the arrays, which is no fault of the file
        raise
    except MemoryError:
        return _nothing("SUB-SAF-015", "a file that needs too much memory", "plain arrays", "write it afresh")
    except Exception as error:  # a damaged HDF5 file raises almost anything
        found = f"a damaged file ({str(error)[:200]})"
        return _nothing("SUB-SAF-003", found, "a whole HDF5 file", "write or copy it again")
    after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        return _nothing("SUB-SAF-016", "a file that changed while it was read", "one that stays", "retry")
    return head, whole, reader.problems


def ensure_hdf5(path: Path) -> None:
    """Look before opening, because opening a pipe would wait for ever.

    Raises
    ------
    SubmissionError
        If there is no regular file at `path`, or one that is not HDF5.
    """
    with open_regular(path) as file:
        if file.read(len(_SIGNATURE)) != _SIGNATURE:
            raise SubmissionError(f"{path}: found no HDF5 signature in the first bytes; {ONE_FILE}")


def _nothing(
    code: str, found: str, expected: str, advice: str
) -> tuple[Answer, list[tuple[str, str]], list[Problem]]:
    return Answer("", "", {}), [], [coded(code, "file", found, expected, advice)]
