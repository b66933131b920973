"""What happened in a run, one JSON object per line, for programs."""

from __future__ import annotations

import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from ctdspec.engine.step import Step

Event = Literal["kept", "shared", "started", "done", "failed", "damaged", "stopped"]
"""`kept`: was done before. `shared`: took over the files of its twin. `failed`: others go on without it.
`damaged`: its files are not what it made, and it is done again. `stopped`: the run ends here."""


class Log:
    """A file that events are added to; without a path, they go nowhere."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._about = {"host": socket.gethostname(), "process": os.getpid()}
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)

    def say(self, event: Event, step: Step, **more: str | float) -> None:
        """Add an event of a step, with the time."""
        if self._path is None:
            return
        entry = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event}
        entry |= {"dataset": step.dataset, "step": step.name, **more, **self._about}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
