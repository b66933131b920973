"""The hard rectifier."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ctdspec.observation.link import Link


class Relu(Link):
    """Rates follow the drive in a line, down to silence: max(0, 1 + drive).

    `gain` is the depth of modulation: the standard deviation of the rate over its mean, but for the part that
    is cut off.
    """

    kind: Literal["relu"]

    def function(self, drive: np.ndarray) -> np.ndarray:
        """Give max(0, 1 + drive)."""
        return np.maximum(drive + drive.dtype.type(1), drive.dtype.type(0))
