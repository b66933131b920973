"""How verbs show how far they are: bars on a terminal, a line per stage elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from ctdspec.track import Track, silent


def progress(quiet: bool) -> Track:
    """Give a tracker that writes to stderr, or one that is silent."""
    if quiet:
        return silent
    return _bar if sys.stderr.isatty() else _line


def _line(items: Iterable[Any], doing: str, total: int) -> Iterable[Any]:
    print(f"ctdspec: {doing}", file=sys.stderr)  # noqa: T201
    return items


def _bar(items: Iterable[Any], doing: str, total: int) -> Iterable[Any]:
    from rich.console import Console
    from rich.progress import track

    return track(items, doing, total, console=Console(stderr=True))
