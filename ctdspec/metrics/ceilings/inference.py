"""What the best of all methods would answer: the posterior mean under the system that made the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.dynamics.guided_inputs import InputBank
from ctdspec.dynamics.jittered import Jittered
from ctdspec.dynamics.particle_smoother import (
    InputSampler,
    ParticleSmoother,
    Posterior,
    known_inputs,
)
from ctdspec.errors import UsageError
from ctdspec.metrics.ceilings.discrete import discrete_posterior
from ctdspec.metrics.ceilings.spikes import RatesHz, poisson_likelihood
from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.systems.jumps import Jumps

FEWEST = 10.0
"""Effective particles below which some bin of a filter has probably lost the true state."""

MOST_EXCESS = 0.1
"""Share of unexplained variance that may be due to there being too few particles."""

_TRIALS_AT_ONCE = 4


@dataclass(frozen=True)
class TrueModel:
    """The system that made the data, as far as inference needs it.

    Attributes
    ----------
    dynamics : Dynamics
    rates_hz : RatesHz
        Rates of all neurons.
    inputs : InputBank or InputSampler, optional
        The law of the inputs: a bank where they are independent from bin to bin, as pulses and noise are.
        None if they are given to the method, or if there are none.
    factors : mapping of (trial, neuron), optional
        What rates of each split's trials were multiplied by besides; taken as known.
    """

    dynamics: Dynamics
    rates_hz: RatesHz
    inputs: InputBank | InputSampler | None = None
    factors: Mapping[str, np.ndarray] | None = None


@dataclass(frozen=True)
class Effort:
    """How hard inference tries: more is better, and slower.

    Attributes
    ----------
    n_particles, n_first, lag_bins : int
        See `ParticleSmoother`.
    passes : int
        Looks at each trial where inputs are drawn from a bank; each after the first is guided by the one
        before it.
    blind_share : float
        Share of the inputs that guided looks draw blindly.
    jitter : float
        Noise per bin that a system without any is given, as a share of the latents' standard deviation.
    """

    n_particles: int
    n_first: int
    lag_bins: int
    passes: int
    blind_share: float
    jitter: float


@dataclass(frozen=True)
class Quality:
    """Whether particles were enough.

    Attributes
    ----------
    ess_min, ess_median : float
        Effective number of particles of the filter, over valid bins.
    smoothed_ess_min, smoothed_ess_median : float
        Effective number of distinct particles behind the means.
    excess : float
        Share by which the unexplained variance of the states exceeds the least possible, because means of few
        particles are not exact: the mean of 1 / smoothed_ess.
    """

    ess_min: float
    ess_median: float
    smoothed_ess_min: float
    smoothed_ess_median: float
    excess: float

    @classmethod
    def of(cls, posterior: Posterior, valid: np.ndarray) -> Quality:
        """Sum up valid bins (trial, time)."""
        ess, smoothed = posterior.ess[valid], posterior.smoothed_ess[valid]
        least = float(ess.min()), float(np.median(ess)), float(smoothed.min()), float(np.median(smoothed))
        return cls(*least, float((1 / smoothed).mean()))

    @property
    def collapsed(self) -> bool:
        """Whether the posterior must not be taken for the ceiling, only for a lower bound of it."""
        return self.ess_min < FEWEST or self.excess > MOST_EXCESS


@dataclass(frozen=True)
class Inferred:
    """The best answer, and what is behind it.

    Attributes
    ----------
    answer : Answer
        Posterior means of rates, of latents as states, and of inputs if they are not given.
    posteriors : mapping of Posterior
        By split.
    quality : Quality
        Of the test trials.
    """

    answer: Answer
    posteriors: Mapping[str, Posterior]
    quality: Quality


def take_trials(truth: Truth, trials: Mapping[str, np.ndarray]) -> Truth:
    """Give the truth of some trials (indices) of some splits: ceilings are inferred on few, and scored t."""
    return replace(
        truth, splits={name: _taken(truth.splits[name], chosen) for name, chosen in trials.items()}
    )


def infer(truth: Truth, model: TrueModel, effort: Effort, rng: np.random.Generator) -> Inferred:
    """Give the posterior means of every trial of a truth, from the spikes of its held-in neurons.

    No method can be closer to latents or rates in the mean square, and none predicts spikes better but by
    luck, if spikes are Poisson given the rates. Bins that the test recording hides are not used.

    Parameters
    ----------
    truth : Truth
        Of few trials, from `take_trials`; its train trials are what maps between states are fitted to.
    model : TrueModel
    effort : Effort
    rng : numpy.random.Generator

    Raises
    ------
    UsageError
        If signals were recorded instead of spikes.
    """
    posteriors = {}
    for name, split in truth.splits.items():
        if split.spikes is None:
            raise UsageError(
                "inference ceiling: the recording has signals and no spikes; it is defined for spikes only"
            )
        posteriors[name] = _posterior(truth, split, name, model, effort, rng)
    given = model.inputs is None
    splits = {
        name: SplitAnswer(found.values, found.latents, None if given else found.inputs)
        for name, found in posteriors.items()
    }
    answer = Answer("inference", truth.dataset, splits, given_inputs=given)
    return Inferred(answer, posteriors, Quality.of(posteriors["test"], truth.splits["test"].valid))


def _posterior(
    truth: Truth, split: SplitTruth, name: str, model: TrueModel, effort: Effort, rng: np.random.Generator
) -> Posterior:
    """Infer the trials of a split, a few at a time: memory does not grow with their number.

    Discrete states are inferred exactly, without particles.
    """
    n_trials, n_bins, _ = split.latents.shape
    factors = None if model.factors is None else model.factors[name]
    likelihood = poisson_likelihood(split, model.rates_hz, ~truth.held_out, truth.bin_s, factors)
    if isinstance(model.dynamics, Jumps):
        exact = discrete_posterior(model.dynamics, likelihood, model.rates_hz, n_trials, n_bins)
        return _modulated(exact, factors)
    smoother = ParticleSmoother(
        _noisy(model, split, effort.jitter, rng), effort.n_particles, effort.lag_bins, effort.n_first
    )
    received = np.zeros((n_trials, n_bins, 0), np.float32) if split.inputs is None else split.inputs
    parts = []
    for start in range(0, n_trials, _TRIALS_AT_ONCE):
        block = slice(start, start + _TRIALS_AT_ONCE)

        def look(inputs: InputSampler, block: slice = block) -> Posterior:
            return smoother.smooth(
                lambda t, states: likelihood(t, states, block),
                inputs,
                model.rates_hz,
                received[block].shape,
                rng,
            )

        parts.append(_looks(look, model.inputs or known_inputs(received[block]), effort))
    return _modulated(Posterior.joined(parts), factors)


def _modulated(found: Posterior, factors: np.ndarray | None) -> Posterior:
    """Multiply the rates by what else changes them."""
    if factors is not None:
        found.values[:] *= factors[:, None]
    return found


def _looks(
    look: Callable[[InputSampler], Posterior], inputs: InputBank | InputSampler, effort: Effort
) -> Posterior:
    """Look once, or as often as a bank of inputs is worth it, each time where inputs were found before."""
    if not isinstance(inputs, InputBank):
        return look(inputs)
    found = look(inputs.blind())
    for _ in range(effort.passes - 1):
        found = look(inputs.guided(found.input_samples, effort.blind_share))
    return found


def _noisy(model: TrueModel, split: SplitTruth, jitter: float, rng: np.random.Generator) -> Dynamics:
    """Give the system, with jitter if it has nothing random after its first state, but that."""
    dynamics = model.dynamics
    first = dynamics.initial_states(2, rng)
    certain = np.array_equal(first[0], first[1])
    if math.prod(dynamics.noise_shape) or model.inputs is not None or certain:
        return dynamics
    return Jittered(dynamics, jitter * split.latents[split.valid].std(axis=0, dtype=float))


def _taken(split: SplitTruth, trials: np.ndarray) -> SplitTruth:
    """Give some trials of a split."""
    arrays = {name: value[trials] for name, value in vars(split).items() if isinstance(value, np.ndarray)}
    return replace(split, **arrays, events={name: value[trials] for name, value in split.events.items()})
