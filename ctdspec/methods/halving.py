"""Steps that never go down."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_MAX_HALVINGS = 30


def rising_shares(value_at: Callable[[np.ndarray], np.ndarray], before: np.ndarray) -> np.ndarray:
    """Give the first of 1, 1/2, 1/4, … at which each value is no lower than before, or else 0.

    Parameters
    ----------
    value_at : callable
        Values (problem,) of independent problems after shares (problem,) of their steps; NaN counts as lower.
    before : (problem,)
        Values without a step.
    """
    shares = np.ones(len(before))
    for _ in range(_MAX_HALVINGS):
        is_lower = ~(value_at(shares) >= before)
        if not is_lower.any():
            return shares
        shares[is_lower] /= 2
    return np.where(value_at(shares) >= before, shares, 0)
