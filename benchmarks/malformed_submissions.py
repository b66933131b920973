"""Ten thousand malformed submissions: how each ends, the longest, and the most memory.

Usage: python benchmarks/malformed_submissions.py [NUMBER]
Each file is read by a child forked from this process, within the limits of the sandbox.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from ctdspec.seeds import stream
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.child import bound
from ctdspec.submissions.expected import Expected
from ctdspec.submissions.file import read_open, write_answer

EXPECTED = Expected("digest", {"train": 6, "val": 2, "test": 3}, n_bins=20, n_neurons=5)
READ, REFUSED, UNCODED = 0, 1, 2
NAMES = {READ: "read", REFUSED: "refused with a code", UNCODED: "WITHOUT A CODE"}


def end_of_reading(path: Path) -> tuple[str, float]:
    """Give how reading ended, and its seconds of the processor."""
    child = os.fork()
    if child == 0:
        end = UNCODED
        try:
            with path.open("rb") as file:
                bound(EXPECTED)
                codes = [problem.code for problem in read_open(file, EXPECTED)[1]]
            end = (REFUSED if codes else READ) if all(codes) else UNCODED
        finally:
            os._exit(end)
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return NAMES.get(code, f"ended by signal {-code}"), used.ru_utime + used.ru_stime


def spoiled(whole: bytes, rng: np.random.Generator) -> bytes:
    data = bytearray(whole)
    for _ in range(int(rng.integers(1, 4))):
        at, n = int(rng.integers(0, min(len(data), 8000) or 1)), int(rng.integers(1, 64))
        match int(rng.integers(5)):
            case 0:
                data[at : at + 1] = rng.bytes(1)
            case 1:
                data[at : at + n] = rng.bytes(n)
            case 2:
                del data[at : at + n]
            case 3:
                data[at : at + n] = b"\xff" * n
            case _:
                start = int(rng.integers(0, 6000))
                data[at : at + n] = whole[start : start + n]
    return bytes(data)


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    ends: Counter[str] = Counter()
    slowest, rng = 0.0, stream(0, "benchmarks/malformed_submissions")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "submission.h5"
        splits = {n: SplitAnswer(rng.random((k, 20, 5), np.float32)) for n, k in EXPECTED.n_trials.items()}
        write_answer(path, Answer("my_method", "digest", splits))
        whole = path.read_bytes()
        for _ in range(number):
            path.write_bytes(spoiled(whole, rng))
            end, used_s = end_of_reading(path)
            ends[end] += 1
            slowest = max(slowest, used_s)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    for end, n in ends.most_common():
        print(f"{n:6d}  {end}")
    print(f"slowest {slowest:.2f} s of the processor; most memory {most:.0f} MB")


if __name__ == "__main__":
    main()
