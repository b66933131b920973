"""Whether one method is better than another, on the same trials and over several datasets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ctdspec.errors import UsageError
from ctdspec.metrics.bootstrap import Estimate


@dataclass(frozen=True)
class Comparison:
    """What separates two methods on one dataset.

    Attributes
    ----------
    difference : Estimate
        First minus second, resampled together.
    p : float
        Two-sided bootstrap p-value of no difference; never below 2 / (resamples + 1).
    p_holm : float
        The same, corrected for all datasets that were compared; equal to `p` for a single one.
    """

    difference: Estimate
    p: float
    p_holm: float


def compare(first: Estimate, second: Estimate) -> Comparison:
    """Compare two answers to one dataset, by the same metric and with the same resamples.

    Raises
    ------
    UsageError
        If the estimates do not hold the same number of resamples.
    """
    if first.resamples is None or second.resamples is None or len(first.resamples) != len(second.resamples):
        raise UsageError(
            "comparison: the estimates are not of the same resamples; take both from"
            " `ctdspec.metrics.score.estimates` with the same truth and seed"
        )
    differences = first.resamples - second.resamples
    p = _two_sided(differences)
    value = first.value - second.value
    return Comparison(Estimate.from_resamples(np.concatenate([[value], differences])), p, p)


def compare_across(pairs: Mapping[str, tuple[Estimate, Estimate]]) -> dict[str, Comparison]:
    """Compare two methods on several datasets, with Holm's correction over them.

    Parameters
    ----------
    pairs : mapping
        The estimates of the first and of the second method, by dataset.
    """
    found = {dataset: compare(*pair) for dataset, pair in pairs.items()}
    adjusted = holm([comparison.p for comparison in found.values()])
    return {
        dataset: replace(comparison, p_holm=p)
        for (dataset, comparison), p in zip(found.items(), adjusted, strict=True)
    }


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for their number by Holm's step-down method (Holm 1979).

    NaN stays NaN and is not counted.
    """
    p = np.asarray(p_values, float)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    adjusted = np.full(len(p), np.nan)
    steps = p[order] * (len(order) - np.arange(len(order)))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted.tolist()


def _two_sided(differences: np.ndarray) -> float:
    """Give twice the smaller share of resamples on either side of zero, each side counting one more."""
    if np.isnan(differences).any():
        return float("nan")
    smaller = min(np.sum(differences <= 0), np.sum(differences >= 0)) + 1
    return float(min(1, 2 * smaller / (len(differences) + 1)))
