"""Running a program that someone else wrote: no shell, a time limit, and everything it says in a log."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from ctdspec.errors import MethodError

PASSED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "TZ", "SYSTEMROOT", "TEMP", "TMP")
"""Environment variables that every program sees, where they are set."""
_TAIL_LINES = 12
_TAIL_BYTES = 1 << 14


def run_program(
    command: Sequence[str], folder: Path, log: Path, time_limit_s: float, passed: Iterable[str] = ()
) -> None:
    """Run a program to its end; what it prints is in `log`, and nothing that it started outlives it.

    Parameters
    ----------
    command
        The program and its arguments, as they are.
    folder
        Working directory.
    log
        File for its output and its errors, written anew.
    time_limit_s
        Seconds after which it is ended, with every process that it started and that stayed in its group.
    passed
        Names of environment variables that it sees beside `PASSED`.

    Raises
    ------
    MethodError
        If it cannot be started, ends with another exit status than 0, or does not end in time.
    """
    environment = {name: os.environ[name] for name in (*PASSED, *passed) if name in os.environ}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise MethodError(
                f"found no program to start as {command[0]!r} ({error}); give its path, or put it on PATH"
            ) from error
        status = _wait(process, time_limit_s)
    if status is None:
        raise failure(f"did not end within {time_limit_s:g} s, its time_limit_s, and was ended", log)
    if status != 0:
        how = f"was ended by signal {-status}" if status < 0 else f"ended with exit status {status}"
        raise failure(how, log)


def failure(what: str, log: Path) -> MethodError:
    """Give an error that says what was wrong with a program, and the last lines of its log."""
    return MethodError(f"the program {what}; its last lines, of {log}:\n{last_lines(log)}")


def last_lines(log: Path) -> str:
    """Give the last lines of a log, indented; they may hold anything but control characters."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        text = file.read().decode(errors="replace")
    lines = ["".join(c if c.isprintable() else " " for c in line) for line in text.splitlines()]
    return "\n".join(f"  {line.rstrip()}" for line in lines[-_TAIL_LINES:]) or "  (it printed nothing)"


def _wait(process: subprocess.Popen[bytes], time_limit_s: float) -> int | None:
    """Give the exit status, None if the time was over; whatever the program started is ended."""
    try:
        return process.wait(time_limit_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    if os.name == "nt":
        process.kill()  # Windows has no process groups of this kind
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it has ended, and left nothing
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
