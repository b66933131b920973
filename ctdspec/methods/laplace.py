"""What spikes say about states with linear dynamics: the most likely course, and how certain it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.methods.block_tridiagonal import Pivots, factorise
from ctdspec.methods.halving import rising_shares
from ctdspec.methods.linear_states import LinearStates, Observed, PoissonReadout

_MAX_NEWTON = 50
# Newton's last step is one that promises no trial more than this many nats: what is left is its square.
_GAIN = 1e-4


@dataclass(frozen=True)
class Posterior:
    """A Gaussian over the states of each trial.

    Attributes
    ----------
    means : (trial, time, latent)
    covariances : (trial, time, latent, latent)
    lagged : (trial, time - 1, latent, latent)
        Covariance of the state of each bin (rows) with that of the next (columns).
    log_determinant : (trial,)
        Of the precision of all states of a trial.
    """

    means: np.ndarray
    covariances: np.ndarray
    lagged: np.ndarray
    log_determinant: np.ndarray


class Target:
    """The log posterior density of states, but for a constant: a concave function, one per trial."""

    def __init__(self, dynamics: LinearStates, readout: PoissonReadout, observed: Observed) -> None:
        self._dynamics, self._readout, self._observed = dynamics, readout, observed
        self._precision = np.linalg.inv(dynamics.noise)
        self._start_precision = np.linalg.inv(dynamics.start_noise)

    def value(self, states: np.ndarray) -> np.ndarray:
        """Give the log density (trial,) of states (trial, time, latent); −∞ where a rate overflows."""
        start, steps = self._residuals(states)
        prior = np.einsum("ni,ij,nj->n", start, self._start_precision, start)
        prior += np.einsum("nti,nti->n", steps @ self._precision, steps)
        logs = self._readout.log_counts(states)
        with np.errstate(over="ignore"):
            nats = self._observed.counts * logs - self._observed.seen * np.exp(logs)
        return nats.sum(axis=(1, 2)) - prior / 2

    def gradient(self, states: np.ndarray) -> np.ndarray:
        """Give the gradient (trial, time, latent)."""
        start, steps = self._residuals(states)
        surprise = self._observed.counts - self._rates(states)
        gradient = surprise @ self._readout.weights
        pull = steps @ self._precision
        gradient[:, 0] -= start @ self._start_precision
        gradient[:, 1:] -= pull
        gradient[:, :-1] += pull @ self._dynamics.transition
        return gradient

    def curvature(self, states: np.ndarray) -> Pivots:
        """Give the factors of minus the second derivative: the precision of Laplace's approximation."""
        weights, transition = self._readout.weights, self._dynamics.transition
        outer = (weights[:, :, None] * weights[:, None, :]).reshape(len(weights), -1)
        diagonal = (self._rates(states) @ outer).reshape(*states.shape, states.shape[2])
        diagonal[:, 0] += self._start_precision
        diagonal[:, 1:] += self._precision
        diagonal[:, :-1] += transition.T @ self._precision @ transition
        return factorise(diagonal, -transition.T @ self._precision)

    def _residuals(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        expected = self._dynamics.expected(states[:, :-1], self._observed.inputs[:, 1:])
        return states[:, 0] - self._dynamics.start, states[:, 1:] - expected

    def _rates(self, states: np.ndarray) -> np.ndarray:
        return self._observed.seen * np.exp(self._readout.log_counts(states))


def infer(
    dynamics: LinearStates, readout: PoissonReadout, observed: Observed, guess: np.ndarray | None = None
) -> Posterior:
    """Give Laplace's approximation to the posterior of the states.

    The mode is found by Newton's method, whose linear systems are block tridiagonal (Paninski et al. 2010,
    J Comput Neurosci 29); a step that does not raise the density of a trial is halved there.

    Parameters
    ----------
    dynamics, readout
        The model.
    observed
        Spikes of the neurons of the readout.
    guess : (trial, time, latent), optional
        Where to start; from 0, if left out.
    """
    target = Target(dynamics, readout, observed)
    # From states of 0 no rate overflows, as it might from the mean of a system that explodes.
    shape = (*observed.inputs.shape[:2], len(dynamics.start))
    states = np.zeros(shape) if guess is None else guess
    curvature = target.curvature(states)
    for _ in range(_MAX_NEWTON):
        gradient = target.gradient(states)
        step = curvature.solve(gradient)
        gain = np.einsum("nti,nti->n", gradient, step) / 2
        states = _climbed(target, states, step)
        curvature = target.curvature(states)
        if gain.max() < _GAIN:
            break
    return Posterior(states, *curvature.inverse_blocks(), curvature.log_determinant)


def _climbed(target: Target, states: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Give the states after a step, or after the first half of it that does not lower a trial's density."""
    before = target.value(states)
    shares = rising_shares(
        lambda shares: target.value(states + shares[:, None, None] * step), before - 1e-9 * np.abs(before)
    )
    return states + shares[:, None, None] * step
