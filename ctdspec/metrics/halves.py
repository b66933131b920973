"""What a distance between data sets is worth: the distance between two halves of the same data."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ctdspec.errors import UsageError
from ctdspec.metrics.bootstrap import Estimate


def split_half(
    distances: Callable[[np.ndarray, np.ndarray], Sequence[float]],
    n_trials: int,
    n_splits: int,
    rng: np.random.Generator,
) -> list[Estimate]:
    """Give the mean of distances over random splits of the trials into halves, and their 95 % ranges.

    Of an odd number of trials one is left out of every split.

    Parameters
    ----------
    distances
        Takes the trials of the first half and those of the second, as indices, and gives one or more numbers.
    n_trials : int
    n_splits : int
    rng : numpy.random.Generator
        Draws the splits.

    Raises
    ------
    UsageError
        If there are not two trials to tell apart.
    """
    if n_trials < 2:
        raise UsageError(
            f"split half: {n_trials} trial cannot be split; cut the recording into at least two trials"
        )
    half = n_trials // 2
    orders = [rng.permutation(n_trials) for _ in range(n_splits)]
    values = np.array([distances(order[:half], order[half : 2 * half]) for order in orders])
    return [Estimate.from_resamples(np.concatenate([[column.mean()], column])) for column in values.T]
