"""Ten thousand malformed submissions: how each ends, the longest, and the most memory.

Usage: python benchmarks/malformed_submissions.py [NUMBER [FIRST]]
They are spoiled in turn in the ways of spoiled.py, and judged as `ctdspec validate --public` does. Only the
processes that read them are forked from this one, which spares the imports; their limits are those of the
sandbox. Each file is drawn from a stream of its own: FIRST goes on where another run ended, and what ends
badly is printed with its number.
"""

from __future__ import annotations

import gc
import importlib
import os
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import h5py
import numpy as np
import onnx.reference  # noqa: F401  needed by the children, and imported once
from spoiled import SECRET, WAYS

import ctdspec.submissions.child
import ctdspec.submissions.dynamics_child  # noqa: F401  the same
from ctdspec.checks.catalogue import QUESTIONS
from ctdspec.checks.evidence import Evidence
from ctdspec.checks.profile import Profile, read_profile
from ctdspec.checks.submission import findings
from ctdspec.seeds import stream
from ctdspec.store.recording import Recording, SplitRecording
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.exchange import encode
from ctdspec.submissions.expected import named_arrays
from ctdspec.submissions.file import write_answer
from ctdspec.submissions.sandbox import read_apart

N_TRIALS = {"train": 12, "val": 4, "test": 10}
N_BINS, N_HELD_IN, N_HELD_OUT, N_LATENTS, N_INPUTS = 20, 8, 2, 3, 2
READ, REFUSED = "read", "refused with a code"


@dataclass
class Forked:
    """A child that is a copy of this process; what it used is in `used_s` when it has ended."""

    pid: int
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None

    def kill(self) -> None:
        """End it at once."""
        os.kill(self.pid, signal.SIGKILL)


class Sandbox:
    """Starts children, and keeps what the last of them used, in seconds of the processor."""

    used_s = 0.0

    @contextmanager
    def start(self, module: str, handles: Sequence[int] = ()) -> Iterator[Forked]:
        """Start a child that calls `main` of a module; see `ctdspec.submissions.apart.Start`."""
        (read, answer), (request, write) = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            for end, fixed in ((request, 0), (answer, 1), (os.open(os.devnull, os.O_WRONLY), 2)):
                os.dup2(end, fixed)
            for handle in {read, answer, request, write} - set(handles):
                os.close(handle)
            try:
                importlib.import_module(module).main()
                sys.stdout.flush()
            finally:
                os._exit(0)
        os.close(answer)
        os.close(request)
        with os.fdopen(write, "wb") as stdin, os.fdopen(read, "rb") as stdout:
            yield Forked(pid, stdin, stdout)
        used = os.wait4(pid, 0)[2]
        self.used_s += used.ru_utime + used.ru_stime


def make_recording(rng: np.random.Generator) -> Recording:
    held_out = np.arange(N_HELD_IN + N_HELD_OUT) >= N_HELD_IN
    splits = {
        name: SplitRecording(
            rng.poisson(0.3, (n, N_BINS, N_HELD_IN if name == "test" else len(held_out))).astype(np.uint16),
            rng.standard_normal((n, N_BINS, N_INPUTS), np.float32),
            np.ones((n, N_BINS), bool),
        )
        for name, n in N_TRIALS.items()
    }
    ids, population = np.arange(len(held_out)), np.full(len(held_out), "all")
    return Recording("digest", 0.01, held_out, splits, ids, population)


def make_answer(rng: np.random.Generator) -> Answer:
    weights = rng.standard_normal((N_LATENTS, N_LATENTS)) / 3
    out = rng.standard_normal((N_LATENTS, N_HELD_IN + N_HELD_OUT))
    dynamics = encode(
        lambda states, inputs: states @ weights, lambda states: (states @ out) ** 2, N_LATENTS, 0, "none"
    )
    splits = {
        name: SplitAnswer(
            20 + 10 * rng.random((n, N_BINS, N_HELD_IN + N_HELD_OUT), np.float32),
            rng.standard_normal((n, N_BINS, N_LATENTS), np.float32),
            rng.standard_normal((n, N_BINS, N_INPUTS), np.float32),
        )
        for name, n in N_TRIALS.items()
    }
    return Answer("my_method", "digest", splits, dynamics=dynamics)


def end_of_judging(path: Path, recording: Recording, profile: Profile, sandbox: Sandbox) -> str:
    """Give how judging ended."""
    try:
        answer, problems = read_apart(path, recording.expected, sandbox.start)
        found = findings(problems, Evidence(answer, recording, None), profile)
    except Exception as error:
        return f"A TRACEBACK: {type(error).__name__}: {error}"[:300]
    arrays = [array for split in answer.splits.values() for array in named_arrays(split).values()]
    if any((array == SECRET).any() for array in arrays):
        return "ANOTHER FILE WAS READ"
    errors = [finding for finding in found if finding.severity == "error"]
    if any(finding.problem.code not in QUESTIONS for finding in errors):
        return "WITHOUT A CODE"
    return REFUSED if errors else READ


def main() -> None:
    gc.freeze()  # what children share with this process is copied when it is touched
    number, first = (*map(int, sys.argv[1:]), *(10_000, 0)[len(sys.argv) - 1 :])
    rng, profile, sandbox = stream(0, "benchmarks/malformed"), read_profile("submission"), Sandbox()
    recording, ends, ways = make_recording(rng), Counter[tuple[str, str]](), list(WAYS)
    slowest_s, slowest = 0.0, first
    with tempfile.TemporaryDirectory() as folder:
        path, secret = Path(folder) / "submission.h5", Path(folder) / "secret.h5"
        with h5py.File(secret, "w") as file:
            file["rates_hz"] = np.full((12, N_BINS, 10), SECRET, np.float32)
        write_answer(path, make_answer(rng))
        whole, hidden = path.read_bytes(), secret.read_bytes()
        for index in range(first, first + number):
            way = ways[index % len(ways)]
            path.write_bytes(WAYS[way](whole, stream(0, "benchmarks/malformed_submissions", index), secret))
            start, sandbox.used_s = time.process_time(), 0.0
            end = end_of_judging(path, recording, profile, sandbox)
            used_s = time.process_time() - start + sandbox.used_s
            slowest_s, slowest = max((slowest_s, slowest), (used_s, index))
            ends[way, end] += 1
            if end not in (READ, REFUSED):
                print(f"{index}: {end}", flush=True)
        assert sorted(Path(folder).iterdir()) == [secret, path], "a file was written"
        assert secret.read_bytes() == hidden, "another file was written"
    for (way, end), n in sorted(ends.items()):
        print(f"{n:6d}  {end}  ({way})")
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"slowest {slowest_s:.2f} s of the processor ({slowest}); most memory {most:.0f} MB")


if __name__ == "__main__":
    main()
