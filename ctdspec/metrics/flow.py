"""Whether a model moves the way the true system moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.metrics.alignment import Alignment, Step
from ctdspec.metrics.bootstrap import Estimate

LOST = 100.0
"""How many times the true move a move counts that is not finite, or this many times the fastest true one."""


@dataclass(frozen=True)
class Visits:
    """Where and under which inputs two vector fields are compared.

    Attributes
    ----------
    latents : (trial, time, latent)
        True latents.
    inputs, model_inputs : (trial, time, input)
        What leads from bin t - 1 to bin t, for the true system and for the model.
    valid : (trial, time) bool
    """

    latents: np.ndarray
    inputs: np.ndarray
    model_inputs: np.ndarray
    valid: np.ndarray


def flow_agreement(
    true_step: Step, model_step: Step, alignment: Alignment, visits: Visits, weights: np.ndarray
) -> dict[str, Estimate]:
    """Compare one step of the model with one step of the truth, from every visited state.

    With Q the map from latents to states and P the map back, the model's move at x is P(F̂(Qx)) - P(Qx): what
    P and Q lose is not taken for motion, and what the model's states do not hold does not move. This sees the
    direction of time: for a system that runs backwards the cosine is near -1.

    Parameters
    ----------
    true_step, model_step : Step
    alignment : Alignment
        Fitted on train trials.
    visits : Visits
        On the trajectories, or beside them (`displaced`).
    weights : (1 + resample, trial)
        From `trial_weights`.

    Returns
    -------
    ``flow_cosine``: mean cosine of the angle between the two moves, weighted by the speed of the truth, from
    -1 to 1; a model that stands still counts as 0. ``flow_r2``: share of the true moves' squares that the
    model's moves explain; standing still has 0. NaN where the truth does not move. A move of the model that
    is not finite, or longer than `LOST` times the fastest true one, counts as `LOST` times the true one,
    backwards.
    """
    true_move, model_move, counted = _moves(true_step, model_step, alignment, visits)
    speed, model_speed = (np.linalg.norm(move, axis=2) for move in (true_move, model_move))
    along = np.einsum("itl,itl->it", true_move, model_move)
    cosine = np.divide(along, model_speed, out=np.zeros_like(along), where=model_speed > 0)
    error = np.sum((true_move - model_move) ** 2, axis=2)
    sums = (weights @ np.where(counted, part, 0).sum(axis=1) for part in (cosine, speed, error, speed**2))
    along_sum, speed_sum, error_sum, square_sum = sums
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "flow_cosine": Estimate.from_resamples(np.where(speed_sum > 0, along_sum / speed_sum, np.nan)),
            "flow_r2": Estimate.from_resamples(np.where(square_sum > 0, 1 - error_sum / square_sum, np.nan)),
        }


def displaced(visits: Visits, distance_sd: float, rng: np.random.Generator) -> Visits:
    """Move the visited states off the trajectories, by normal steps shaped like the visited set.

    Parameters
    ----------
    visits : Visits
    distance_sd : float
        Standard deviation of the steps, in standard deviations of the visited states in each direction.
    rng : numpy.random.Generator
    """
    rows = visits.latents[visits.valid]
    covariance = np.atleast_2d(np.cov(rows.T.astype(float)))
    steps = rng.multivariate_normal(
        np.zeros(len(covariance)), covariance, visits.latents.shape[:2], method="eigh"
    )
    return Visits(visits.latents + distance_sd * steps, visits.inputs, visits.model_inputs, visits.valid)


def _moves(
    true_step: Step, model_step: Step, alignment: Alignment, visits: Visits
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the true and the model's moves (trial, time - 1, latent), and which of them count."""
    n_trials, n_bins, n_latents = visits.latents.shape
    points = visits.latents[:, :-1].reshape(-1, n_latents).astype(float)
    drives, model_drives = (
        inputs[:, 1:].reshape(len(points), -1) for inputs in (visits.inputs, visits.model_inputs)
    )
    states = alignment.to_states(points)
    true_move = true_step(points, drives) - points
    with np.errstate(over="ignore", invalid="ignore"):
        model_move = alignment.to_latents(model_step(states, model_drives)) - alignment.to_latents(states)
        speed = np.linalg.norm(model_move, axis=1, keepdims=True)
    fastest = np.linalg.norm(true_move, axis=1).max(initial=0)
    model_move = np.where(speed <= LOST * fastest, model_move, -LOST * true_move)
    shape = (n_trials, n_bins - 1, n_latents)
    return true_move.reshape(shape), model_move.reshape(shape), visits.valid[:, :-1] & visits.valid[:, 1:]
