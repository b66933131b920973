"""Lyapunov exponents: how fast the distances between neighbouring states grow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.dynamics.jacobian import central_difference_jacobian, complex_step_jacobian, is_analytic


@dataclass(frozen=True)
class LyapunovSpectrum:
    """Lyapunov exponents of some trajectories.

    Attributes
    ----------
    per_trial_hz : (trial, latent) float64
        Exponents along each trajectory, in units of 1/s, in the order in which they were found: nearly
        decreasing.
    """

    per_trial_hz: np.ndarray

    @property
    def exponents_hz(self) -> np.ndarray:
        """Mean over trajectories, (latent,), decreasing, in units of 1/s."""
        return np.sort(self.per_trial_hz.mean(axis=0))[::-1]

    @property
    def standard_errors_hz(self) -> np.ndarray:
        """Standard error of each mean over trajectories, (latent,); NaN for a single trajectory."""
        if len(self.per_trial_hz) == 1:
            return np.full(self.per_trial_hz.shape[1], np.nan)
        order = np.argsort(self.per_trial_hz.mean(axis=0))[::-1]
        return self.per_trial_hz.std(axis=0, ddof=1)[order] / np.sqrt(len(self.per_trial_hz))

    @property
    def kaplan_yorke_dimension(self) -> float:
        """Dimension of the attractor that the exponents imply."""
        return kaplan_yorke_dimension(self.exponents_hz)


def lyapunov_spectrum(
    dynamics: Dynamics,
    states: np.ndarray,
    inputs: np.ndarray,
    bin_s: float,
    transient_bins: int,
    scale: float,
) -> LyapunovSpectrum:
    """Give all Lyapunov exponents of the noise-free step along the trajectories that inputs drive.

    Tangent vectors are carried along by the Jacobians and made orthogonal again at every bin; the exponents
    are the mean logarithms of what that takes away (Benettin et al. 1980; Eckmann & Ruelle 1985).

    Parameters
    ----------
    dynamics : Dynamics
    states : (trial, latent)
        Where trajectories start; on the attractor, if the exponents are to be those of the attractor.
    inputs : (trial, time, input)
        One bin each; without inputs, width 0.
    bin_s : float
        Length of a bin in seconds.
    transient_bins : int
        Bins at the start that turn the tangent vectors and are not counted.
    scale : float
        Typical size of a change of the state, as in `jacobian`.
    """
    n_trials, n_bins, _ = inputs.shape
    states = np.asarray(states, float)
    analytic = is_analytic(dynamics, states, inputs[:, 0], scale)
    tangent = np.broadcast_to(np.eye(dynamics.n_latents), (n_trials, dynamics.n_latents, dynamics.n_latents))
    log_growth = np.zeros((n_trials, dynamics.n_latents))
    for t in range(n_bins):
        if analytic:
            jacobians = complex_step_jacobian(dynamics, states, inputs[:, t])
        else:
            jacobians = central_difference_jacobian(dynamics, states, inputs[:, t], scale)
        tangent, triangle = np.linalg.qr(jacobians @ tangent)
        states = dynamics.step(states, inputs[:, t])
        if t >= transient_bins:
            # A direction that dies at once, as in a step of low rank, has the exponent of rounding and not
            # minus infinity, which would make every mean and dimension undefined.
            stretch = np.abs(np.diagonal(triangle, axis1=1, axis2=2))
            log_growth += np.log(np.maximum(stretch, np.finfo(float).tiny))
    return LyapunovSpectrum(log_growth / ((n_bins - transient_bins) * bin_s))


def kaplan_yorke_dimension(exponents: np.ndarray) -> float:
    """Give the dimension at which the sum of the decreasing exponents (latent,) reaches zero.

    With j the largest number of exponents whose sum is not negative, it is j + sum / |exponent j + 1|
    (Kaplan & Yorke 1979); 0 if all are negative, the number of exponents if no sum is negative.
    """
    sums = np.cumsum(exponents)
    held = int(np.sum(np.cumprod(sums >= 0)))
    if held in (0, len(exponents)):
        return float(held)
    return float(held + sums[held - 1] / abs(exponents[held]))
