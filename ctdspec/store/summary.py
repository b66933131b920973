"""An array in a few words: enough to recognise it, and to say how far another one is from it."""

from __future__ import annotations

import math

import numpy as np
from pydantic import Field

from ctdspec.spec.node import Node


class ArraySummary(Node):
    """What the manifest and the lock keep of an array."""

    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Its content digest (`ctdspec.store.digest.ArrayDigest`)."""
    shape: list[int]
    """Its shape."""
    dtype: str
    """Its dtype, as NumPy names it."""
    mean: float | None
    """Mean of its finite values; null if there are none."""
    sd: float | None
    """Standard deviation of its finite values; null if there are none."""
    trials: bool
    """Whether its first axis is the trial, so that it is a sample and not a constant."""


class Moments:
    """Mean and standard deviation of the finite values of blocks."""

    def __init__(self) -> None:
        self._n = 0
        self._sum = 0.0
        self._squares = 0.0

    def update(self, block: np.ndarray) -> None:
        """Add the values of a block."""
        total = float(block.sum(dtype=np.float64))
        if not math.isfinite(total):
            block = block[np.isfinite(block)]
            total = float(block.sum(dtype=np.float64))
        self._n += block.size
        self._sum += total
        self._squares += float(np.einsum("i,i->", *[block.reshape(-1)] * 2, dtype=np.float64))

    @property
    def mean(self) -> float | None:
        """Mean, or None without values."""
        return _rounded(self._sum / self._n) if self._n else None

    @property
    def sd(self) -> float | None:
        """Standard deviation, or None without values."""
        if not self._n:
            return None
        return _rounded(math.sqrt(max(0.0, self._squares / self._n - (self._sum / self._n) ** 2)))


def _rounded(value: float) -> float:
    """Drop the digits that depend on the size of the blocks."""
    return float(f"{value:.6g}")
