"""How likely spikes are, given states."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ctdspec.metrics.bits import FLOOR_PER_BIN
from ctdspec.metrics.truth import SplitTruth

BlockLikelihood = Callable[[int, np.ndarray, slice], np.ndarray]
"""The log-likelihood (trial, particle) in a bin of states (trial, particle, latent) of a block of trials."""

RatesHz = Callable[[np.ndarray], np.ndarray]
"""Gives the rates (…, neuron) in Hz of states (…, latent)."""


def poisson_likelihood(
    split: SplitTruth, rates_hz: RatesHz, neurons: np.ndarray, bin_s: float, factors: np.ndarray | None
) -> BlockLikelihood:
    """Give the likelihood of the recorded spikes of some neurons, if they are Poisson given the states.

    Parameters
    ----------
    split : SplitTruth
        With spikes. Bins in which a neuron was not recorded say nothing of it.
    rates_hz : RatesHz
        Of all neurons.
    neurons : (neuron,) bool
        Whose spikes are known: the held-in ones.
    bin_s : float
    factors : (trial, neuron), optional
        What rates were multiplied by besides. Taken as known, though no method knows it.
    """
    assert split.spikes is not None, "the caller has made sure of spikes"
    seen = np.broadcast_to(split.seen(neurons), split.spikes[..., neurons].shape)
    counts = np.where(seen, split.spikes[..., neurons], 0).astype(np.float32)
    scale = np.full((len(counts), int(neurons.sum())), bin_s, np.float32)
    if factors is not None:
        scale *= factors[:, neurons]

    def log_likelihood(t: int, states: np.ndarray, block: slice) -> np.ndarray:
        expected = np.maximum(rates_hz(states)[..., neurons] * scale[block, None], FLOOR_PER_BIN)
        spikes = np.log(expected) @ counts[block, t, :, None]
        return (spikes - expected @ seen[block, t, :, None].astype(np.float32))[..., 0]

    return log_likelihood
