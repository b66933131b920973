"""How much of an axis of scores to show: the methods, their ceiling, and chance unless it is far away."""

from __future__ import annotations

from collections.abc import Sequence

MAX_STRETCH = 2.0
"""How many times the spread of what is compared may be added on a side for what is worse than chance."""
ZERO_IN_SIGHT = 1.05
"""The same in sizes of the largest number compared, so that an axis may always go on to zero."""


def in_sight(values: Sequence[float], ceiling: float | None, chance: float | None) -> tuple[float, float]:
    """Give the lowest and the highest number to show of scores, their interval ends left aside.

    What is compared is always shown: the ceiling, and the values that are no worse than chance; without a
    ceiling, all values. Chance, and what is worse, may be so far off that nothing else could be told apart.
    """
    references = [end for end in (ceiling, chance) if end is not None]
    marks = [*values, *references]
    if chance is None:
        compared = marks
    elif ceiling is None:
        compared = list(values) or marks
    else:
        upwards = ceiling >= chance
        compared = [value for value in values if value == chance or (value > chance) == upwards] or [chance]
        compared += [ceiling]
    low, high = min(compared), max(compared)
    reach = max(MAX_STRETCH * (high - low), ZERO_IN_SIGHT * max(abs(low), abs(high)))
    return max(min(marks), low - reach), min(max(marks), high + reach)
