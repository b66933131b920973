"""What the child process of the sandbox does: bound itself, read, report."""

from __future__ import annotations

import contextlib
import json
import math
import os
import resource
import sys
from dataclasses import asdict
from typing import BinaryIO

import numpy as np

from ctdspec.submissions.apart import end_after
from ctdspec.submissions.expected import CONNECTIVITY, Expected, named_arrays
from ctdspec.submissions.file import read_open
from ctdspec.submissions.sandbox import rates_bytes

MEMORY_BYTES = 1_250_000_000
"""Address space of the child beside the arrays; the interpreter and its libraries take about a fifth."""
CPU_S = 1.0
"""Seconds of the processor beside those for the arrays."""
_CPU_BYTES_PER_S = 50e6
_APART = ("splits", "dynamics", CONNECTIVITY)


def main() -> None:
    """Answer the one request on stdin."""
    request = json.load(sys.stdin)
    expected = Expected(**request["expected"])
    with os.fdopen(request["handle"], "rb") as file:
        bound(expected)
        report(file, expected, sys.stdout.buffer)


def bound(expected: Expected) -> None:
    """Give up what reading an answer does not need, for the rest of this process's life."""
    n_bytes = rates_bytes(expected)
    used_s, more_s = sum(resource.getrusage(resource.RUSAGE_SELF)[:2]), CPU_S + n_bytes / _CPU_BYTES_PER_S
    end_after(more_s)
    _limit(resource.RLIMIT_CPU, math.ceil(used_s + more_s))
    _limit(resource.RLIMIT_AS, MEMORY_BYTES + 2 * n_bytes)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, 0)


def _limit(kind: int, most: int) -> None:
    # Some platforms do not know every limit; the others, and the process, still hold.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (most, most))


def report(file: BinaryIO, expected: Expected, out: BinaryIO) -> None:
    """Read an answer; write the length of a JSON text, the text, and the arrays and models that it lists."""
    answer, problems = read_open(file, expected)
    dynamics, connectivity = answer.dynamics, answer.connectivity
    arrays = [
        (split, name, array)
        for split, found in answer.splits.items()
        for name, array in named_arrays(found).items()
    ]
    head = {
        "answer": {name: value for name, value in vars(answer).items() if name not in _APART},
        "dynamics": dynamics
        and {"step": len(dynamics.step), "readout": len(dynamics.readout), "inputs": dynamics.inputs},
        "problems": [asdict(problem) for problem in problems],
        "arrays": [(split, name, array.shape) for split, name, array in arrays],
        CONNECTIVITY: None if connectivity is None else connectivity.shape,
    }
    text = json.dumps(head).encode()
    out.write(len(text).to_bytes(8) + text)
    for _, _, array in arrays:
        out.write(np.ascontiguousarray(array).data.cast("B"))
    if connectivity is not None:
        out.write(connectivity.data.cast("B"))
    if dynamics is not None:
        out.write(dynamics.step + dynamics.readout)
    out.flush()
