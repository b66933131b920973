"""Which paths of a sweep repeat the same."""

from __future__ import annotations

from collections.abc import Iterable

from ctdspec.spec.sweep import SEED

_DRAW = "draw"


def repetitions(paths: Iterable[str]) -> list[str]:
    """Give the paths whose values are repetitions of the same: the seed, and the draw of a system."""
    return [path for path in paths if path == SEED or path.rsplit(".", 1)[-1] == _DRAW]
