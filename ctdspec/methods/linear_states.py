"""Linear dynamics of states, seen through Poisson spikes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Observed:
    """Spikes of some trials, and what was presented.

    Attributes
    ----------
    counts : (trial, time, neuron) float64
        Spikes per bin; 0 where a neuron was not recorded.
    seen : (trial, time, neuron) float64
        1 where a neuron was recorded, 0 elsewhere: there the spikes say nothing.
    inputs : (trial, time, input) float64
        What drives the states.
    """

    counts: np.ndarray
    seen: np.ndarray
    inputs: np.ndarray

    def of(self, trials: slice, neurons: np.ndarray | slice) -> Observed:
        """Give some trials and neurons."""
        return Observed(
            self.counts[trials][..., neurons], self.seen[trials][..., neurons], self.inputs[trials]
        )


@dataclass(frozen=True)
class LinearStates:
    """How states move: ``x_1 ~ N(start, start_noise)``, ``x_t ~ N(A x_(t-1) + B u_t, noise)``.

    Attributes
    ----------
    transition : (latent, latent)
        A.
    drive : (latent, input)
        B.
    noise : (latent, latent)
        Covariance of what is added in each bin.
    start : (latent,)
        Mean of the state of the first bin.
    start_noise : (latent, latent)
        Its covariance.
    """

    transition: np.ndarray
    drive: np.ndarray
    noise: np.ndarray
    start: np.ndarray
    start_noise: np.ndarray

    def expected(self, states: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """Give the expected states (…, latent) one bin later, under the inputs (…, input) of that bin."""
        return states @ self.transition.T + inputs @ self.drive.T


@dataclass(frozen=True)
class PoissonReadout:
    """Expected counts per bin, ``exp(C x + d)``.

    Attributes
    ----------
    weights : (neuron, latent)
        C.
    offsets : (neuron,)
        d.
    """

    weights: np.ndarray
    offsets: np.ndarray

    def log_counts(self, states: np.ndarray) -> np.ndarray:
        """Give the logarithm of the expected counts (…, neuron) of states (…, latent)."""
        return states @ self.weights.T + self.offsets

    def mean_log_counts(self, means: np.ndarray, covariances: np.ndarray) -> np.ndarray:
        """Give the logarithm of the expected counts of Gaussian states: ``C m + d + diag(C V C') / 2``.

        Parameters
        ----------
        means : (…, latent)
        covariances : (…, latent, latent)
        """
        outer = self.weights[:, :, None] * self.weights[:, None, :]
        spread = covariances.reshape(*means.shape[:-1], -1) @ outer.reshape(len(outer), -1).T
        return self.log_counts(means) + spread / 2

    def of(self, neurons: np.ndarray | slice) -> PoissonReadout:
        """Give the readout of some neurons."""
        return PoissonReadout(self.weights[neurons], self.offsets[neurons])
