"""The saturating link."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ctdspec.observation.link import Link


class Sigmoid(Link):
    """Rates saturate: 1 / (1 + exp(−drive)). No rate exceeds about twice the mean of a symmetric drive."""

    kind: Literal["sigmoid"]

    def function(self, drive: np.ndarray) -> np.ndarray:
        """Give 1 / (1 + exp(−drive)) without overflow."""
        half = drive.dtype.type(0.5)
        return half * np.tanh(half * drive) + half
