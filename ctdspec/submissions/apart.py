"""A process apart, which meets what a stranger wrote: if it crashes, hangs or grows, it is lost alone."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import IO, Protocol


class Child(Protocol):
    """A process that reads one request and gives one answer; `subprocess.Popen` is one."""

    stdin: IO[bytes] | None
    stdout: IO[bytes] | None

    def kill(self) -> None:
        """End it at once."""


Start = Callable[[str, Sequence[int]], AbstractContextManager[Child]]
"""Starts a child that calls `main` of a module, with some open files; it is waited for at the end."""


def fresh_interpreter(module: str, handles: Sequence[int] = ()) -> subprocess.Popen[bytes]:
    """Start a new interpreter, which knows nothing of this process but the files that it is handed."""
    code = f"import json, sys; sys.path[:] = json.loads(sys.argv[1]); import {module} as m; m.main()"
    return subprocess.Popen(
        [sys.executable, "-I", "-c", code, json.dumps(sys.path)],
        env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "HDF5_PLUGIN_PRELOAD": "::"},
        pass_fds=handles,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def asked(child: Child, request: bytes, seconds: float) -> Iterator[IO[bytes]]:
    """Send a child its request, and give the stream of its answer.

    The stream ends early if the child dies, or is not done after some seconds.
    """
    assert child.stdin is not None, "a pipe was asked for"
    assert child.stdout is not None, "a pipe was asked for"
    timer = threading.Timer(seconds, child.kill)
    timer.start()
    try:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(request)
            child.stdin.close()
        yield child.stdout
    finally:
        timer.cancel()
        child.kill()


def end_after(cpu_s: float) -> None:
    """End this process after some more seconds of the processor; `RLIMIT_CPU` counts whole ones only."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
