"""Dynamical similarity analysis (Ostrow et al. 2023), with what its numbers must be read by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.delay_modes import DelayModes, delay_modes
from ctdspec.metrics.halves import split_half
from ctdspec.metrics.orthogonal_alignment import angular_distance
from ctdspec.metrics.surrogates import matched_ou, phase_randomised


@dataclass(frozen=True)
class DsaSettings:
    """What the analysis depends on.

    Attributes
    ----------
    n_delays : int
        States in a window.
    rank : int
        Modes of the linear law; fewer are compared where one of the two systems has fewer.
    n_starts : int
        Optimisations behind one angular distance.
    n_splits : int
        Random splits into halves behind the floor.
    """

    n_delays: int
    rank: int
    n_starts: int
    n_splits: int


@dataclass(frozen=True)
class DsaDistance:
    """A distance, and the two that it lies between if it means anything.

    Attributes
    ----------
    value : float
        Between the true latents and the inferred states.
    floor : Estimate
        Between two halves of the true latents: mean and 95 % range over splits. Halves are known less well
        than the whole, so the floor is a little high.
    nulls : mapping of str to float
        From the true latents to surrogates of them, by name: ``phase`` (spectra kept, coupling lost) and
        ``ou`` (the linear process with the same covariances over one bin). An answer no nearer than the first
        has not recovered how dimensions drive each other; one no nearer than the second has recovered no
        more than a linear system, and where the truth is linear that is all there is.
    """

    value: float
    floor: Estimate
    nulls: Mapping[str, float]


def dsa(
    latents: np.ndarray,
    states: np.ndarray,
    valid: np.ndarray,
    settings: DsaSettings,
    rng: np.random.Generator,
) -> dict[str, DsaDistance]:
    """Compare the linear laws of two delay embeddings: 0 for systems that are rotated copies.

    Not invariant to stretching, and blind to the arrow of time: compare states that were aligned to the
    latents, read the distance between its floor and its nulls, and look at `flow_agreement` for direction.

    Parameters
    ----------
    latents, states : (trial, time, latent), (trial, time, state)
        Each is centred here. The floor takes two fits per split: give the leading principal components of
        states that are wide.
    valid : (trial, time) bool
        Trials are valid from their first bin to their last valid one.
    settings : DsaSettings
    rng : numpy.random.Generator
        Draws surrogates, splits and the starts of the optimisation.

    Returns
    -------
    ``dsa_angular``: angle between the laws, the second rotated to fit, in radians from 0 to π.
    ``dsa_spectral``: squared 2-Wasserstein distance of their eigenvalues.

    Raises
    ------
    UsageError
        If a trial has a gap, no trial is long enough, or there is only one trial.
    """
    true, inferred = _centred(latents, valid), _centred(states, valid)
    whole = _modes(true, valid, settings)

    def between(first: DelayModes, second: DelayModes) -> tuple[float, float]:
        return _between(first, second, settings, rng)

    def of_halves(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
        return between(*(_modes(true[half], valid[half], settings) for half in (one, other)))

    values = between(whole, _modes(inferred, valid, settings))
    floors = split_half(of_halves, len(valid), settings.n_splits, rng)
    surrogates = {"phase": phase_randomised(true, valid, rng), "ou": matched_ou(true, valid, rng)}
    nulls = {name: between(whole, _modes(made, valid, settings)) for name, made in surrogates.items()}
    return {
        name: DsaDistance(values[k], floors[k], {null: pair[k] for null, pair in nulls.items()})
        for k, name in enumerate(("dsa_angular", "dsa_spectral"))
    }


def half_distances(
    latents: np.ndarray,
    states: np.ndarray,
    valid: np.ndarray,
    settings: DsaSettings,
    rng: np.random.Generator,
) -> dict[str, Estimate]:
    """Compare one half of the trials of the truth with the other half of an answer's, over random splits.

    So the truth as an answer has the distance that two halves of it have: no answer can be nearer. Parameters
    and errors are those of `dsa`.

    Returns
    -------
    ``dsa_angular`` and ``dsa_spectral``: means over splits, and their ranges. They keep no resamples.
    """
    true, inferred = _centred(latents, valid), _centred(states, valid)

    def of_halves(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
        first, second = (
            _modes(part[half], valid[half], settings) for part, half in ((true, one), (inferred, other))
        )
        return _between(first, second, settings, rng)

    found = split_half(of_halves, len(valid), settings.n_splits, rng)
    named = zip(("dsa_angular", "dsa_spectral"), found, strict=True)
    return {name: Estimate(some.value, some.low, some.high) for name, some in named}


def spectral_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Give the squared 2-Wasserstein distance between the eigenvalues of two (n, n) matrices.

    Each set has unit mass; the best transport is an assignment.
    """
    from scipy.optimize import linear_sum_assignment

    values, others = np.linalg.eigvals(first), np.linalg.eigvals(second)
    cost = np.abs(values[:, None] - others) ** 2
    return float(cost[linear_sum_assignment(cost)].mean())


def _between(
    first: DelayModes, second: DelayModes, settings: DsaSettings, rng: np.random.Generator
) -> tuple[float, float]:
    """Give the angular and the spectral distance of two laws."""
    rank = min(first.rank, second.rank)
    laws = first.propagator(rank), second.propagator(rank)
    return angular_distance(*laws, settings.n_starts, rng), spectral_distance(*laws)


def _modes(states: np.ndarray, valid: np.ndarray, settings: DsaSettings) -> DelayModes:
    return delay_modes(states, valid, settings.n_delays, settings.rank)


def _centred(states: np.ndarray, valid: np.ndarray) -> np.ndarray:
    return states - states[valid].mean(axis=0, dtype=float)
