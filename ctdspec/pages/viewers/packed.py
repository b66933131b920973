"""Arrays as a page carries them for its scripts."""

from __future__ import annotations

import base64

import numpy as np

UNIT = 10_000
"""What 1 becomes in `packed_positions`."""
NO_POSITION = -32768
NO_LEVEL = 255


def packed_positions(positions: np.ndarray) -> str:
    """Give positions (…) as 16-bit integers, little-endian, in base64: 1 is `UNIT`, NaN is `NO_POSITION`.

    What lies further out than such an integer reaches is drawn at its edge.
    """
    known = np.isfinite(positions)
    whole = np.clip(np.round(np.where(known, positions, 0) * UNIT), NO_POSITION + 1, -NO_POSITION - 1)
    return _base64(np.where(known, whole, NO_POSITION).astype("<i2"))


def packed_levels(values: np.ndarray, most: np.ndarray) -> str:
    """Give values from 0 to `most` as bytes in base64: `most` is 254, NaN is `NO_LEVEL`.

    A step of 1/254 is finer than a pixel of a plot.
    """
    known = np.isfinite(values)
    levels = np.clip(np.round(254 * np.where(known, values, 0) / most), 0, 254)
    return _base64(np.where(known, levels, NO_LEVEL).astype(np.uint8))


def packed_counts(counts: np.ndarray) -> str:
    """Give counts as bytes in base64; 255 is 255 or more."""
    return _base64(np.minimum(counts, 255).astype(np.uint8))


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()
