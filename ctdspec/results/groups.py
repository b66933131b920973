"""Which of several methods can be told apart: all pairs on the same resamples, corrected for their number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice, product
from string import ascii_lowercase

from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.comparison import Comparison, compare, holm

LEVEL = 0.05
"""Two methods differ where the corrected p-value is below."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Place:
    """Where a method stands among others.

    Attributes
    ----------
    rank : int
        1 and how many methods are better by more than chance explains; several may share it.
    groups : str
        Letters; two methods that share one cannot be told apart.
    """

    rank: int
    groups: str


def compare_all(estimates: Mapping[str, Estimate]) -> dict[Pair, Comparison]:
    """Compare every two methods, by the order of `estimates`; p-values are corrected by Holm's method.

    A bootstrap of n resamples knows no p-value below 2 / (n + 1), which is too coarse for the correction of
    many pairs. Where none of the resamples is on the other side of zero, the tail of a normal distribution
    with the standard deviation of the resamples takes its place.

    Raises
    ------
    UsageError
        If the estimates do not hold the same resamples.
    """
    pairs = list(combinations(estimates, 2))
    found = [compare(estimates[first], estimates[second]) for first, second in pairs]
    exact = [replace(comparison, p=_tail(comparison)) for comparison in found]
    corrected = holm([comparison.p for comparison in exact])
    return {
        pair: replace(comparison, p_holm=p)
        for pair, comparison, p in zip(pairs, exact, corrected, strict=True)
    }


def _tail(comparison: Comparison) -> float:
    resamples = comparison.difference.resamples
    if resamples is None or not comparison.p <= 2 / (len(resamples) + 1):
        return comparison.p
    sd = float(resamples.std(ddof=1))
    z = abs(comparison.difference.value) / sd if sd > 0 else math.inf
    return min(comparison.p, math.erfc(z / math.sqrt(2)))


def places(order: Sequence[str], comparisons: Mapping[Pair, Comparison]) -> dict[str, Place]:
    """Give the place of every method.

    Parameters
    ----------
    order
        The methods, the best first.
    comparisons
        Of every two of them, in any order.
    """
    apart = {frozenset(pair) for pair, found in comparisons.items() if found.p_holm < LEVEL}
    letters = _letters(order, apart)
    return {
        name: Place(1 + sum({name, better} in apart for better in order[:number]), letters[name])
        for number, name in enumerate(order)
    }


def _letters(order: Sequence[str], apart: set[frozenset[str]]) -> dict[str, str]:
    """Give a compact letter display by insertion and absorption (Piepho 2004, J. Comput. Graph. Stat.)."""
    groups = [frozenset(order)]
    for pair in sorted(apart, key=lambda pair: sorted(map(order.index, pair))):
        split = [part for group in groups for part in _parted(group, pair)]
        groups = [group for group in dict.fromkeys(split) if not any(group < other for other in split)]
    groups.sort(key=lambda group: sorted(order.index(name) for name in group))
    named = dict(zip(_names(), groups, strict=False))
    return {name: " ".join(letter for letter, group in named.items() if name in group) for name in order}


def _parted(group: frozenset[str], pair: frozenset[str]) -> list[frozenset[str]]:
    """Give the group, or if it holds both of a pair, the group without the one and without the other."""
    return [group - {name} for name in sorted(pair)] if pair <= group else [group]


def _names() -> Sequence[str]:
    """Give a, b, …, z, aa, ab, …, enough for any number of groups that a table can show."""
    longer = ("".join(pair) for pair in product(ascii_lowercase, repeat=2))
    return [*ascii_lowercase, *islice(longer, 676)]
