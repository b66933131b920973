"""What can be known of a system's states from what is observed of them, by particles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ctdspec.dynamics.dynamics import Dynamics

LogLikelihood = Callable[[int, np.ndarray], np.ndarray]
"""Gives, for a bin and states (trial, particle, latent) in it, the log-likelihood (trial, particle) of what
was observed in that bin, up to a constant per trial."""

InputSampler = Callable[[int, np.ndarray, np.random.Generator], tuple[np.ndarray, np.ndarray | float]]
"""Draws, for a bin and the inputs (trial, particle, input) of the bin before it, the inputs of the bin, of
the same shape. Before the first bin the inputs are 0. Gives as well the logarithm of their probability over
that of drawing them, (trial, particle): 0 if they are drawn from their own law."""

Readout = Callable[[np.ndarray], np.ndarray]
"""Gives values (point, value) of states (point, latent)."""

N_SAMPLES = 50
"""Draws of the inputs of each bin that are kept."""

RESAMPLE_BELOW = 0.5
"""Particles are resampled when their effective number falls below this share of them."""


@dataclass(frozen=True)
class Posterior:
    """What is known of each trial once it is over.

    A posterior mean of n effective particles is off by 1/n of the posterior variance, so it leaves that much
    more unexplained than the exact mean would.

    Attributes
    ----------
    latents, latents_sd : (trial, time, latent) float32
        Posterior means and standard deviations.
    inputs : (trial, time, input) float32
        Posterior means.
    values : (trial, time, value) float32
        Posterior means of the readout, e.g. rates: not the readout of the mean.
    ess : (trial, time) float32
        Effective number of particles, 1 / sum of squared weights, of the filter, before any resampling.
    smoothed_ess : (trial, time) float32
        Effective number of distinct particles behind the means of that bin.
    input_samples : (trial, time, sample, input) float32
        Draws from the posterior of the inputs, `N_SAMPLES` of each bin.
    """

    latents: np.ndarray
    latents_sd: np.ndarray
    inputs: np.ndarray
    values: np.ndarray
    ess: np.ndarray
    smoothed_ess: np.ndarray
    input_samples: np.ndarray

    @classmethod
    def empty(cls, n_trials: int, n_bins: int, n_latents: int, n_inputs: int, n_values: int) -> Posterior:
        """Give arrays to be filled."""
        sizes = (n_latents,), (n_latents,), (n_inputs,), (n_values,), (), (), (N_SAMPLES, n_inputs)
        return cls(*(np.empty((n_trials, n_bins, *size), np.float32) for size in sizes))

    @classmethod
    def joined(cls, parts: Sequence[Posterior]) -> Posterior:
        """Give the trials of all parts, one after the other."""
        return cls(
            *(np.concatenate(arrays) for arrays in zip(*(vars(part).values() for part in parts), strict=True))
        )


@dataclass(frozen=True)
class ParticleSmoother:
    """A bootstrap filter whose genealogy, followed back by at least a fixed lag, smooths.

    Particles are moved by the system's own step with its own noise, weighted by the likelihood (Gordon,
    Salmond & Smith 1993) and resampled systematically when too few still count (Kitagawa 1996). What is
    known of a bin is read from the ancestors, in that bin, of the particles `lag_bins` to ``2 lag_bins``
    later (Kitagawa & Sato 2001): a short lag forgoes what later bins tell, a long one leaves few ancestors.

    Backward simulation (Godsill, Doucet & West 2004) needs the density of a step, which `Dynamics` do not
    have; and where noise has many dimensions, that density joins each particle to its own parent only, which
    is the genealogy again.

    Attributes
    ----------
    dynamics
        The system. One without noise and with known inputs must be given some: see `Jittered`.
    n_particles : int
        Per trial.
    lag_bins : int
        At least 1. Memory holds the particles of twice as many bins.
    n_first : int
        Particles per trial before the first resampling; many where initial states are widely spread and the
        first bins tell much about them.
    """

    dynamics: Dynamics
    n_particles: int
    lag_bins: int
    n_first: int

    def smooth(
        self,
        log_likelihood: LogLikelihood,
        inputs: InputSampler,
        readout: Readout,
        shape: tuple[int, int, int],
        rng: np.random.Generator,
    ) -> Posterior:
        """Infer the states of trials.

        Parameters
        ----------
        log_likelihood : LogLikelihood
        inputs : InputSampler
            What the system may have received: the known inputs, or draws from their law.
        readout : Readout
            Whose posterior mean is wanted beside that of the latents.
        shape
            Numbers of trials, of bins, and of inputs.
        rng : numpy.random.Generator
        """
        n_trials, n_bins, n_inputs = shape
        first = self.dynamics.initial_states(n_trials * self.n_first, rng)
        n_values = readout(first[:1]).shape[1]
        found = Posterior.empty(n_trials, n_bins, self.dynamics.n_latents, n_inputs, n_values)
        states = first.reshape(n_trials, self.n_first, -1)
        drive = np.zeros((n_trials, self.n_first, n_inputs), np.float32)
        log_weights = np.zeros(states.shape[:2])
        parents = np.broadcast_to(np.arange(self.n_first), log_weights.shape)
        past: list[_Generation] = []
        for t in range(n_bins):
            drive, correction = inputs(t, drive, rng)
            states = self._step(states, drive, rng)
            past.append(_Generation(states, drive, parents))
            log_weights += log_likelihood(t, states) + correction
            weights = _normalised(log_weights)
            found.ess[:, t] = 1 / np.square(weights).sum(axis=1)
            if len(past) >= 2 * self.lag_bins or t == n_bins - 1:
                n_done = len(past) if t == n_bins - 1 else self.lag_bins
                _summarise(past, weights, n_done, t + 1 - len(past), readout, found)
                del past[:n_done]
            parents, log_weights = self._resampled(weights, log_weights, rng)
            states, drive = _taken(states, parents), _taken(drive, parents)
        return found

    def _step(self, states: np.ndarray, drive: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        n_points = states.shape[0] * states.shape[1]
        noise = rng.standard_normal((n_points, *self.dynamics.noise_shape), np.float32)
        flat = states.reshape(n_points, -1), drive.reshape(n_points, drive.shape[2])
        return self.dynamics.step(*flat, noise).reshape(states.shape)

    def _resampled(
        self, weights: np.ndarray, log_weights: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw the parents of the next generation, where that is due; elsewhere each particle is its own."""
        n_trials, n = weights.shape
        due = 1 / np.square(weights).sum(axis=1) < RESAMPLE_BELOW * self.n_particles
        if n != self.n_particles:
            if not due.any():
                return np.broadcast_to(np.arange(n), weights.shape), log_weights
            due[:] = True  # generations are arrays: all trials leave their first particles behind together
        parents = np.tile(np.arange(self.n_particles), (n_trials, 1))
        kept = np.zeros(parents.shape) if due.all() else np.where(due[:, None], 0, log_weights)
        for trial in np.flatnonzero(due):
            edges = np.cumsum(weights[trial])
            comb = (rng.random() + np.arange(self.n_particles)) / self.n_particles * edges[-1]
            parents[trial] = np.minimum(np.searchsorted(edges, comb, side="right"), n - 1)
        return parents, kept


def known_inputs(inputs: np.ndarray) -> InputSampler:
    """Give every particle of a trial the inputs (trial, time, input) that it had."""

    def sample(t: int, previous: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float]:
        return np.broadcast_to(inputs[:, t, None], previous.shape), 0.0

    return sample


@dataclass(frozen=True)
class _Generation:
    """The particles of one bin, and the place of each one's parent among those of the bin before."""

    states: np.ndarray
    inputs: np.ndarray
    parents: np.ndarray


def _normalised(log_weights: np.ndarray) -> np.ndarray:
    """Give weights (trial, particle) that sum to 1; the largest is never lost to underflow."""
    log_weights -= log_weights.max(axis=1, keepdims=True)
    weights = np.exp(log_weights)
    return weights / weights.sum(axis=1, keepdims=True)


def _taken(particles: np.ndarray, parents: np.ndarray) -> np.ndarray:
    return np.take_along_axis(particles, parents[:, :, None], axis=1)


def _summarise(
    past: list[_Generation], weights: np.ndarray, n_done: int, first: int, readout: Readout, found: Posterior
) -> None:
    """Hand the weights of the last generation down to its ancestors; sum up the first `n_done` bins."""
    n_trials = len(weights)
    for place in range(len(past) - 1, -1, -1):
        if place < n_done:
            _summarise_bin(past[place], weights, first + place, readout, found)
        if place > 0:
            n_before = past[place - 1].states.shape[1]
            family = past[place].parents + n_before * np.arange(n_trials)[:, None]
            handed = np.bincount(family.ravel(), weights.ravel(), n_trials * n_before)
            weights = handed.reshape(n_trials, n_before)


def _summarise_bin(
    generation: _Generation, weights: np.ndarray, t: int, readout: Readout, found: Posterior
) -> None:
    """Write the posterior of bin `t`; only particles that count are touched."""
    trials, particles = np.nonzero(weights)
    share = weights[trials, particles][:, None]
    starts = np.searchsorted(trials, np.arange(len(weights)))

    def mean(points: np.ndarray) -> np.ndarray:
        return np.add.reduceat(share * points, starts, axis=0)

    states = generation.states[trials, particles]
    found.latents[:, t] = centre = mean(states)
    found.latents_sd[:, t] = np.sqrt(mean(np.square(states - centre[trials])))
    found.inputs[:, t] = mean(generation.inputs[trials, particles])
    found.values[:, t] = mean(readout(states))
    found.smoothed_ess[:, t] = 1 / np.square(weights).sum(axis=1)
    comb = (np.arange(N_SAMPLES) + 0.5) / N_SAMPLES
    for trial, own in enumerate(weights):
        chosen = np.searchsorted(np.cumsum(own), comb * own.sum(), side="right")
        found.input_samples[trial, t] = generation.inputs[trial, np.minimum(chosen, len(own) - 1)]
