"""Poisson spikes."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ctdspec.errors import UsageError
from ctdspec.observation.noise import Noise

MOST_EXPECTED = 1000.0
"""Expected counts per bin beyond which rates are surely a mistake; far below what uint16 can hold."""


class Poisson(Noise):
    """Independent Poisson counts: the variance equals the mean."""

    kind: Literal["poisson"]

    def sample(self, expected: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw the counts.

        Raises
        ------
        UsageError
            If some bin expects more than `MOST_EXPECTED` spikes.
        """
        if expected.size and not expected.max() <= MOST_EXPECTED:
            raise UsageError(
                f"observation.rates: some bin expects {expected.max():.3g} spikes, "
                f"more than {MOST_EXPECTED:g}; lower observation.rates.gain or observation.rates.mean_hz"
            )
        return rng.poisson(expected).astype(np.uint16)
