"""Whether a model sends the same states to the same attractors as the true system."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.metrics.alignment import Alignment, Step
from ctdspec.metrics.bootstrap import Estimate

_LOST = -1
_AT_REST = 1e-12


@dataclass(frozen=True)
class Settling:
    """How states are let go until they have settled.

    Attributes
    ----------
    n_bins : int
        For how long they run. Many times the slowest time constant: a start that lingers near a saddle is
        else taken for an attractor of its own.
    average_bins : int
        Over how many of the last bins their position is averaged: 1 for fixed points, some periods for
        cycles.
    same_sd : float
        Ends that chains of steps of at most this size join are one attractor, in standard deviations of the
        starting states (the root of their total variance).
    match_sd : float
        A model's attractor further than this from every true one, in the same unit, is none of them.
    """

    n_bins: int
    average_bins: int
    same_sd: float
    match_sd: float


@dataclass(frozen=True)
class BasinAgreement:
    """Which attractor was reached, in truth and in the model.

    Attributes
    ----------
    agreement : Estimate
        Share of the starts that reach the attractor that matches the true one, from 0 to 1.
    chance : float
        The same share if each start were given another start's end in the model.
    attractors : (attractor, latent)
        The true ones.
    model_attractors : (model attractor, latent)
        The model's, mapped to the latents.
    matches : (attractor,) int
        Which of the model's attractors each true one is matched to; -1 for none.
    confusion : (attractor, model attractor + 1) int
        How many starts went where; the last column counts those that went to infinity.
    """

    agreement: Estimate
    chance: float
    attractors: np.ndarray
    model_attractors: np.ndarray
    matches: np.ndarray
    confusion: np.ndarray


def basin_agreement(
    true_step: Step,
    model_step: Step,
    alignment: Alignment,
    starts: np.ndarray,
    inputs: np.ndarray,
    model_inputs: np.ndarray,
    settling: Settling,
    weights: np.ndarray,
) -> BasinAgreement:
    """Let both systems go from the same states under constant inputs, and compare where they settle.

    Attractors are matched by position, one to one, so that the summed distance is least.

    Parameters
    ----------
    true_step, model_step : Step
    alignment : Alignment
        Fitted on train trials.
    starts : (start, latent)
        True states, at most some thousands: time and memory grow as the square of their number.
    inputs, model_inputs : (input,)
    settling : Settling
    weights : (1 + resample, start)
        From `trial_weights`, over starts.
    """
    size = float(np.sqrt(starts.astype(float).var(axis=0).sum()))
    true_ends = _settle(true_step, starts, inputs, settling)
    settled = _settle(model_step, alignment.to_states(starts), model_inputs, settling)
    with np.errstate(invalid="ignore"):
        model_ends = alignment.to_latents(settled)
    labels, attractors = _attractors(true_ends, settling.same_sd * size)
    model_labels, model_attractors = _attractors(model_ends, settling.same_sd * size)
    matches = _match(attractors, model_attractors, settling.match_sd * size)

    confusion = np.zeros((len(attractors), len(model_attractors) + 1), int)
    np.add.at(confusion, (labels, model_labels), 1)  # a lost end, -1, is counted in the last column
    matched = matches >= 0
    shares = confusion[:, :-1].sum(axis=0) / len(starts)
    chance = float(confusion.sum(axis=1)[matched] @ shares[matches[matched]]) / len(starts)
    agrees = (model_labels == matches[labels]) & (model_labels != _LOST)
    agreement = Estimate.from_resamples(weights @ agrees / weights.sum(axis=1))
    return BasinAgreement(agreement, chance, attractors, model_attractors, matches, confusion)


def _settle(step: Step, starts: np.ndarray, inputs: np.ndarray, settling: Settling) -> np.ndarray:
    """Give the mean of the last bins, (start, latent); not finite for states that went to infinity.

    What moves by less than `_AT_REST` of the spread of the starts in a bin is taken to stay: in all the bins
    that are left, that is far less than attractors may differ by.
    """
    states = starts.astype(float)
    rest = _AT_REST * np.sqrt(states.var(axis=0).sum())
    total, going = np.zeros_like(states), np.arange(len(states))
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(settling.n_bins):
            if len(going):
                moved = step(states[going], np.broadcast_to(inputs, (len(going), len(inputs))))
                stay = np.abs(moved - states[going]).max(axis=1) <= rest
                states[going] = moved
                going = going[~stay]
            if t >= settling.n_bins - settling.average_bins:
                total += states
    return total / settling.average_bins


def _attractors(ends: np.ndarray, same: float) -> tuple[np.ndarray, np.ndarray]:
    """Group ends (start, latent) by single linkage: labels (start,), -1 for lost, and the groups' means."""
    from scipy.cluster.hierarchy import fclusterdata

    labels = np.full(len(ends), _LOST)
    finite = np.isfinite(ends).all(axis=1)
    if not finite.any():
        return labels, np.empty((0, ends.shape[1]))
    labels[finite] = 0
    if finite.sum() > 1:
        labels[finite] = fclusterdata(ends[finite], same, criterion="distance", method="single") - 1
    means = [ends[labels == label].mean(axis=0) for label in range(labels.max() + 1)]
    return labels, np.array(means)


def _match(attractors: np.ndarray, others: np.ndarray, limit: float) -> np.ndarray:
    """Give for each attractor which of the others it is matched to, -1 for none within the limit."""
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    matches = np.full(len(attractors), _LOST)
    distances = cdist(attractors, others)
    # A pair too far apart costs more than all good pairs together, so it never displaces one.
    cost = np.where(distances <= limit, distances, (limit + 1) * (len(attractors) + len(others)))
    for one, other in zip(*linear_sum_assignment(cost), strict=True):
        if distances[one, other] <= limit:
            matches[one] = other
    return matches
