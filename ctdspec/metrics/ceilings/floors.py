"""What distances between data sets cannot fall below: the distance between two halves of the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.halves import split_half

Distance = Callable[[np.ndarray, np.ndarray], float]
"""The distance between two sets of trials, given as indices."""


def split_half_floors(
    distances: Mapping[str, Distance], n_trials: int, n_splits: int, rng: np.random.Generator
) -> dict[str, Estimate]:
    """Give the floor of each distance over the same random halves: see `split_half`.

    Half the trials are noisier than all, so a floor is a little above what the whole data would have.
    """
    found = split_half(
        lambda first, second: [distance(first, second) for distance in distances.values()],
        n_trials,
        n_splits,
        rng,
    )
    return dict(zip(distances, found, strict=True))
