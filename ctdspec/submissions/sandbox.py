"""Reading a stranger's file in a child process that can do little: a crash or a bomb ends the child alone.

The child is given the file already open. It has a bounded address space, seconds of the processor, no file it
could write and none it could open. It says what it found in JSON, followed by the bytes of the arrays; the
caller never parses HDF5.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import numpy as np

from ctdspec.submissions.answer import Answer
from ctdspec.submissions.apart import Start, asked, fresh_interpreter
from ctdspec.submissions.arrays import Arrays
from ctdspec.submissions.exchange import MAX_MODEL_BYTES, AnsweredDynamics, input_kind
from ctdspec.submissions.expected import Expected, Problem, coded
from ctdspec.submissions.judged import judged
from ctdspec.submissions.regular import try_to_open

WALL_S = 30.0
"""Seconds that a file may take beside those that its arrays need."""
BYTES_PER_S = 20e6
"""Slowest honest reading."""
MAX_REPORT_BYTES = 8 << 20
MORE_BYTES = 1_000_000_000
"""Bytes that arrays may have beside twice those of the rates: zeros are packed to a thousandth."""
_CHILD = "ctdspec.submissions.child"


def read_apart(
    path: Path, expected: Expected, start: Start = fresh_interpreter
) -> tuple[Answer, list[Problem]]:
    """Read an answer that someone else wrote, in a process of its own; never raises for what is in the file.

    Parameters
    ----------
    path, expected
        The file, and what an answer must look like.
    start
        How a process is started: as an interpreter that knows nothing of this one.

    Returns
    -------
    answer, problems
        What could be read, and everything that is wrong with it: without problems, it is the answer.
    """
    opened = try_to_open(path)
    if isinstance(opened, Problem):
        return Answer("", "", {}), [opened]
    request = json.dumps({"handle": opened.fileno(), "expected": asdict(expected)}).encode()
    allowed_s = WALL_S + rates_bytes(expected) / BYTES_PER_S
    with opened, start(_CHILD, [opened.fileno()]) as child, asked(child, request, allowed_s) as stream:
        try:
            read = _receive(stream, expected)
        except (ValueError, KeyError, TypeError):
            # Whatever made the child fall silent was in the file.
            return Answer("", "", {}), [_silence(allowed_s)]
    return judged(*read, expected, start)


def _silence(allowed_s: float) -> Problem:
    found = f"a file that crashed its reader, or needs more than {allowed_s:.0f} s or the memory allowed"
    advice = "write the file afresh, with plain arrays"
    return coded("SUB-SAF-015", "file", found, "a file that can be read at once", advice)


def rates_bytes(expected: Expected) -> int:
    """Give the bytes of the rates of all splits as float32."""
    return 4 * sum(expected.n_trials.values()) * expected.n_bins * expected.n_neurons


def _receive(stream: IO[bytes], expected: Expected) -> tuple[Answer, list[Problem]]:
    """Read the child's report; a ValueError, KeyError or TypeError if it is not one."""
    arrays = Arrays(MORE_BYTES + 2 * rates_bytes(expected))
    while "rows" in (told := _told(stream)):
        split, name, (*shape,), n_rows = told["rows"]
        place = split, name, tuple(shape)
        if list(expected.shape_problems(*place) if split else expected.connectivity_problems(place[2])):
            raise ValueError("the child is not to be believed")
        with arrays.room(*place, n_rows) as rows:
            _take(stream, rows)
    dynamics = _take_dynamics(stream, **told["dynamics"]) if told["dynamics"] else None
    head = Answer(**told["answer"], splits={}, dynamics=dynamics)
    answer = arrays.answer(head, [(split, name) for split, name in told["arrays"]])
    return answer, [Problem(**problem) for problem in told["problems"]]


def _told(stream: IO[bytes]) -> dict[str, Any]:
    """Read the length of a JSON text, and the text."""
    n_bytes = int.from_bytes(_take(stream, np.empty(8, np.uint8)).tobytes())
    if n_bytes > MAX_REPORT_BYTES:
        raise ValueError("the child is not to be believed")
    return json.loads(_take(stream, np.empty(n_bytes, np.uint8)).tobytes())


def _take_dynamics(stream: IO[bytes], step: int, readout: int, inputs: str) -> AnsweredDynamics:
    """Take the bytes of the models, `step` and `readout` of them."""
    kind = input_kind(inputs)
    if kind is None or max(step, readout) > MAX_MODEL_BYTES:
        raise ValueError("the child is not to be believed")
    moved, read = (_take(stream, np.empty(n_bytes, np.uint8)).tobytes() for n_bytes in (step, readout))
    return AnsweredDynamics(moved, read, kind)


def _take(stream: IO[bytes], array: np.ndarray) -> np.ndarray:
    """Fill an array with the next bytes."""
    left = array.data.cast("B")
    while left:
        n = stream.readinto(left)  # type: ignore[attr-defined]  a pipe of bytes has it
        if not n:
            raise ValueError("the child ended early")
        left = left[n:]
    return array
