"""Drawing pictures that are known by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from ctdspec.errors import UsageError
from ctdspec.spec.problem import did_you_mean
from ctdspec.track import Track

S = TypeVar("S")


def draw_named(
    of: str,
    subjects: Mapping[str, S],
    names: Sequence[str],
    to: Path,
    track: Track,
    draw: Callable[[Path, S], None],
) -> list[Path]:
    """Draw the subjects of these names as ``<name>.png`` in a folder, and give the paths.

    Raises
    ------
    UsageError
        If there is no such picture; nothing is drawn then.
    """
    for name in names:
        if name not in subjects:
            hint = did_you_mean(name, list(subjects)) or f"there are: {', '.join(subjects)}"
            raise UsageError(f"there is no picture of {of} {name!r}; {hint}")
    paths = [to / f"{name}.png" for name in names]
    for name, path in track(list(zip(names, paths, strict=True)), "drawing", len(names)):
        draw(path, subjects[name])
    return paths
