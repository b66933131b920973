"""What a benchmark yields: one figure, measured in turns, with what it is compared with."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One line of the table in docs/performance.md.

    Attributes
    ----------
    what
        What was measured.
    ours
        The value of every turn; none if there is none to give.
    unit
        Its unit, as ``s`` or ``MB``.
    peer
        What it is compared with; empty for nothing.
    theirs
        The peer's value of the same turns.
    goal
        What it should be, in words; empty if nothing is asked for.
    """

    what: str
    ours: Sequence[float]
    unit: str
    peer: str = ""
    theirs: Sequence[float] = ()
    goal: str = ""

    @property
    def row(self) -> str:
        """The line: medians, and the ratio of every turn with its range."""
        cells = [self.what, _words(self.ours, self.unit), "", "", self.goal]
        if self.theirs:
            ratios = [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]
            cells[2:4] = [f"{self.peer}: {_words(self.theirs, self.unit)}", _words(ratios)]
        elif self.peer:
            cells[2] = self.peer
        return f"| {' | '.join(cells)} |"


def _words(values: Sequence[float], unit: str = "") -> str:
    if not values:
        return ""
    text = f"{statistics.median(values):.3g} {unit}".strip()
    return text if len(values) < 2 else f"{text} ({min(values):.3g}–{max(values):.3g})"


def in_turns(*works: Callable[[], Any], turns: int) -> Iterator[tuple[float, ...]]:
    """Yield the processor seconds of each work, turn by turn, so that a busy moment meets all of them."""
    for _ in range(turns):
        seconds = []
        for work in works:
            start = time.process_time()
            work()
            seconds.append(time.process_time() - start)
        yield tuple(seconds)


def compared(
    what: str, ours: Callable[[], Any], peer: str, theirs: Callable[[], Any], turns: int, goal: str = ""
) -> Figure:
    """Give the processor seconds of a work and of its peer."""
    mine, its = zip(*in_turns(ours, theirs, turns=turns), strict=True)
    return Figure(what, mine, "s", peer, its, goal)
