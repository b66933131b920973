"""The soft rectifier."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ctdspec.observation.link import Link


class Softplus(Link):
    """Rates are a smooth rectification of the drive, log(1 + exp(drive)): linear above, silent below."""

    kind: Literal["softplus"]

    def function(self, drive: np.ndarray) -> np.ndarray:
        """Give log(1 + exp(drive)) without overflow."""
        return np.logaddexp(drive, np.zeros((), drive.dtype))
