"""What the spikes before a bin say of it: filtered counts of the bins before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def history(counts: np.ndarray, taus_s: Sequence[float], bin_s: float) -> np.ndarray:
    """Give filtered past counts (trial, time, neuron, filter) float32, 0 before the first spike of a trial.

    A filter is an exponential of area 1 that begins with the bin after the spike, so no bin knows its own
    count. Trials never mix.

    Parameters
    ----------
    counts : (trial, time, neuron)
        Spikes per bin; 0 in bins that belong to no trial.
    taus_s : sequence of float
        Time constants in seconds.
    bin_s : float
    """
    from scipy.signal import lfilter

    filtered = []
    for tau_s in taus_s:
        decay = np.exp(-bin_s / tau_s)
        filtered.append(lfilter([0, 1 - decay], [1, -decay], counts.astype(float), axis=1))
    return np.stack(filtered, axis=-1).astype(np.float32)
