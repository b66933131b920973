"""What may come of a claim."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, isnan
from typing import Literal

Verdict = Literal["holds", "fails", "undecided"]
"""``holds``: the whole interval is as claimed. ``fails``: none of it is. ``undecided``: anything else."""


@dataclass(frozen=True)
class Target:
    """The values that a claim allows: from `low` to `high`, without the ends if it is open."""

    low: float = -inf
    high: float = inf
    is_open: bool = False

    def verdict(self, low: float, high: float) -> Verdict:
        """Compare the interval of a value with the target. A value that is not defined decides nothing."""
        if isnan(low) or isnan(high):
            return "undecided"
        if self._allows(low) and self._allows(high):
            return "holds"
        above, below = low > self.high, high < self.low
        if self.is_open:
            above, below = low >= self.high, high <= self.low
        return "fails" if above or below else "undecided"

    def _allows(self, value: float) -> bool:
        return self.low < value < self.high if self.is_open else self.low <= value <= self.high

    def __str__(self) -> str:
        if self.low == -inf:
            return f"{'below' if self.is_open else 'at most'} {self.high:g}"
        if self.high == inf:
            return f"{'above' if self.is_open else 'at least'} {self.low:g}"
        return f"{self.low:g}" if self.low == self.high else f"between {self.low:g} and {self.high:g}"


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """Give the verdict on several things that must all be so: one that fails is enough to fail."""
    found = set(verdicts)
    if "fails" in found:
        return "fails"
    return "holds" if found == {"holds"} else "undecided"


def agreeing(verdicts: Iterable[Verdict]) -> Verdict:
    """Give the verdict that several ways to look at one thing agree on; undecided if they do not."""
    found = set(verdicts)
    return found.pop() if len(found) == 1 else "undecided"
