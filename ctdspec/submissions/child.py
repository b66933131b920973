"""What the child process of the sandbox does: bound itself, read, report."""

from __future__ import annotations

import contextlib
import json
import math
import os
import resource
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, BinaryIO

import numpy as np

from ctdspec.submissions.apart import end_after
from ctdspec.submissions.expected import CONNECTIVITY, Expected
from ctdspec.submissions.file import read_pieces
from ctdspec.submissions.sandbox import rates_bytes

MEMORY_BYTES = 1_250_000_000
"""Address space of the child beside a trial; the interpreter and its libraries take about a fifth."""
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
    # A piece of an array is at least a trial.
    _limit(resource.RLIMIT_AS, MEMORY_BYTES + 8 * expected.n_bins * expected.n_neurons)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, 0)


def _limit(kind: int, most: int) -> None:
    # Some platforms do not know every limit; the others, and the process, still hold.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (most, most))


def report(file: BinaryIO, expected: Expected, out: BinaryIO) -> None:
    """Read an answer; write each piece of its arrays after the place where it belongs, then all the rest.

    Places and the rest are JSON after the length of its text; the bytes of the models come last.
    """

    @contextlib.contextmanager
    def sent(split: str, name: str, shape: tuple[int, ...], n_rows: int) -> Iterator[np.ndarray]:
        rows = np.empty((n_rows, *shape[1:]), np.float32)
        yield rows
        _say(out, {"rows": (split, name, shape, n_rows)})
        out.write(rows.data.cast("B"))

    head, whole, problems = read_pieces(file, expected, sent)
    dynamics = head.dynamics
    told = {
        "answer": {name: value for name, value in vars(head).items() if name not in _APART},
        "dynamics": dynamics
        and {"step": len(dynamics.step), "readout": len(dynamics.readout), "inputs": dynamics.inputs},
        "problems": [asdict(problem) for problem in problems],
        "arrays": whole,
    }
    _say(out, told)
    if dynamics is not None:
        out.write(dynamics.step + dynamics.readout)
    out.flush()


def _say(out: BinaryIO, told: dict[str, Any]) -> None:
    text = json.dumps(told).encode()
    out.write(len(text).to_bytes(8) + text)
