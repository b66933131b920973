"""Logarithms of rates, as far as a recording tells them."""

from __future__ import annotations

import numpy as np

from ctdspec import scratch

LOG_FLOOR = 0.01
"""Share of a neuron's mean rate below which its logarithm is taken for this share's."""


def log_rates(rates_hz: np.ndarray, mean_hz: np.ndarray) -> np.ndarray:
    """Give the natural logarithm of rates (…, neuron), float32.

    Rates below `LOG_FLOOR` of the mean (neuron,) count as that much: no recording tells them apart.
    """
    floor = np.maximum(LOG_FLOOR * mean_hz, np.finfo(np.float32).tiny).astype(np.float32)
    logs = scratch.empty(rates_hz.shape, np.float32)
    np.maximum(rates_hz, floor, out=logs, dtype=np.float32)
    return np.log(logs, out=logs)


def mean_rates(rates_hz: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Give the mean of rates (trial, time, neuron) over the valid bins, (neuron,) float64."""
    total = sum(
        trial[counted].sum(axis=0, dtype=float) for trial, counted in zip(rates_hz, valid, strict=True)
    )
    return np.asarray(total) / max(1, valid.sum())
