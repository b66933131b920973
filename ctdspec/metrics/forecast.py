"""How far ahead a model can tell where the true system goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ctdspec.errors import UsageError
from ctdspec.metrics.alignment import Step
from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.explained import TrialSums, pooled_r2
from ctdspec.metrics.linear_map import LinearMap
from ctdspec.metrics.pair import StatePair

VALID_NRMSE = 0.4
"""A forecast is valid until its error exceeds this share of the latents' standard deviation."""

LOST_SD = 100.0
"""Errors above this many standard deviations, infinite ones too, count as this large."""


@dataclass(frozen=True)
class Targets:
    """What is to be forecast.

    Attributes
    ----------
    latents : (trial, time, latent)
        The true latents.
    inputs : (trial, time, input)
        What the model is given on the way; ``inputs[:, t]`` leads from bin t - 1 to bin t.
    valid : (trial, time) bool
    start_bins : (start,) int
        Bins whose state forecasts start from; the same in all trials.
    horizon_bins : int
        How many bins ahead. A start whose horizon is not all valid does not count.
    """

    latents: np.ndarray
    inputs: np.ndarray
    valid: np.ndarray
    start_bins: np.ndarray
    horizon_bins: int

    @property
    def counted(self) -> np.ndarray:
        """Which starts count, (trial, start) bool."""
        ahead = self.start_bins[:, None] + np.arange(self.horizon_bins + 1)
        return np.all(self.valid[:, ahead], axis=2)

    @property
    def sd(self) -> float:
        """Root of the latents' total variance, over all valid bins."""
        return float(np.sqrt(self.latents[self.valid].astype(float).var(axis=0).sum()))


@dataclass(frozen=True)
class Forecast:
    """How good a forecast is.

    Attributes
    ----------
    r2 : sequence of Estimate
        R² of the true latents 1, 2, … bins ahead, pooled over dimensions, with their mean as the null.
    valid_time_s : Estimate
        Mean time until the error exceeds `VALID_NRMSE` standard deviations, in seconds; at most the horizon.
    """

    r2: Sequence[Estimate]
    valid_time_s: Estimate


def forecast(
    step: Step,
    states: np.ndarray,
    to_latents: LinearMap,
    targets: Targets,
    bin_s: float,
    weights: np.ndarray,
) -> Forecast:
    """Run a model from its own states and compare where it gets with the true latents.

    Parameters
    ----------
    step : Step
        The model's.
    states : (trial, time, state)
        The model's own, inferred ones.
    to_latents : LinearMap
        From the model's states to the latents, fitted on train trials.
    targets : Targets
    bin_s : float
    weights : (1 + resample, trial)
        From `trial_weights`.

    Raises
    ------
    UsageError
        If a horizon leads out of the trials, or no start has a valid one.
    """
    _ensure_fits(targets)
    counted, sd = targets.counted, targets.sd
    r2, valid_bins = [], np.zeros(counted.shape)
    alive = counted.copy()
    for h, reached in enumerate(_rollout(step, states, to_latents, targets), start=1):
        true = targets.latents[:, targets.start_bins + h].astype(float)
        predicted = _bounded(reached, true, LOST_SD * sd)
        r2.append(pooled_r2(TrialSums.of(true, predicted, counted), weights))
        alive &= np.linalg.norm(predicted - true, axis=2) <= VALID_NRMSE * sd
        valid_bins += alive
    per_trial = weights @ valid_bins.sum(axis=1) / (weights @ counted.sum(axis=1))
    return Forecast(r2, Estimate.from_resamples(per_trial * bin_s))


def state_error_covariance(pair: StatePair, to_latents: LinearMap) -> np.ndarray:
    """Give the covariance (latent, latent) of what mapped states miss of the latents, over valid bins."""
    error = to_latents(pair.states[pair.valid]) - pair.latents[pair.valid]
    return np.atleast_2d(np.cov(error.T.astype(float), bias=True))


def forecast_ceiling(
    step: Step,
    error_covariance: np.ndarray,
    targets: Targets,
    bin_s: float,
    weights: np.ndarray,
    rng: np.random.Generator,
) -> Forecast:
    """Forecast with the true step, from true states that are as uncertain as one has to accept.

    In a chaotic system the error of the initial state decides how far ahead anyone can see, so a forecast
    must be read against this. Where a smoother has given the posterior mean of the states, `forecast` with
    the true step from those is the sharper ceiling.

    Parameters
    ----------
    step : Step
        The true system's.
    error_covariance : (latent, latent)
        Of the error of the initial states, e.g. that of an answer's own, from `state_error_covariance`.
    targets : Targets
        With the inputs of the true system.
    bin_s : float
    weights : (1 + resample, trial)
    rng : numpy.random.Generator
        Draws the errors.
    """
    error = rng.multivariate_normal(
        np.zeros(len(error_covariance)), error_covariance, targets.latents.shape[:2], method="eigh"
    )
    n_latents = targets.latents.shape[2]
    same = LinearMap(np.eye(n_latents), np.zeros(n_latents), 0.0)
    return forecast(step, targets.latents + error, same, targets, bin_s, weights)


def _ensure_fits(targets: Targets) -> None:
    """Refuse horizons that cannot be scored.

    Raises
    ------
    UsageError
        See `forecast`.
    """
    n_bins, last = targets.valid.shape[1], int(targets.start_bins.max(initial=0))
    if last + targets.horizon_bins >= n_bins:
        raise UsageError(
            f"forecast: {targets.horizon_bins} bins ahead of bin {last} leads out of trials of {n_bins} "
            "bins; shorten horizon_bins or start earlier"
        )
    if not targets.counted.any():
        raise UsageError(
            f"forecast: no start has {targets.horizon_bins} valid bins ahead of it; shorten horizon_bins"
        )


def _rollout(step: Step, states: np.ndarray, to_latents: LinearMap, targets: Targets) -> Iterator[np.ndarray]:
    """Give the mapped states (trial, start, latent) 1, 2, … bins after each start."""
    n_trials, n_starts = len(states), len(targets.start_bins)
    reached = states[:, targets.start_bins].reshape(n_trials * n_starts, -1).astype(float)
    for h in range(1, targets.horizon_bins + 1):
        inputs = targets.inputs[:, targets.start_bins + h].reshape(n_trials * n_starts, -1)
        with np.errstate(over="ignore", invalid="ignore"):
            reached = step(reached, inputs)
            mapped = to_latents(reached)
        yield mapped.reshape(n_trials, n_starts, -1)


def _bounded(predicted: np.ndarray, true: np.ndarray, limit: float) -> np.ndarray:
    """Set predictions that are further than the limit from the truth, or nowhere, at the limit."""
    with np.errstate(over="ignore", invalid="ignore"):
        lost = ~(np.linalg.norm(predicted - true, axis=-1, keepdims=True) <= limit)
    return np.where(lost, true + limit / np.sqrt(true.shape[-1]), predicted)
