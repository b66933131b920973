"""The exponential link."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ctdspec.observation.link import Link


class Exp(Link):
    """Rates are exponential in the drive: `gain` is the standard deviation of the log rate over time."""

    kind: Literal["exp"]

    def function(self, drive: np.ndarray) -> np.ndarray:
        """Give exp(drive)."""
        return np.exp(drive)
