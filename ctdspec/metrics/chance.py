"""Answers that know simple things about a dataset and nothing about its trials: what chance looks like.

`ctdspec.metrics.references.chance_answer` shuffles trials; `ctdspec.metrics.ceilings.readout.readout_answer`
takes the inputs of the task for the states.
"""

from __future__ import annotations

import numpy as np

from ctdspec import scratch
from ctdspec.metrics.surrogates import matched_ou
from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.submissions.answer import Answer, SplitAnswer

_BLOCK_TRIALS = 64
"""Trials that a process is matched to at a time, which bounds memory."""

_LOWEST_HZ = 1e-6
_RANK = 1e-6
"""Directions with less than this share of the largest variance do not count: they are rounding."""


def shifted_answer(truth: Truth, rng: np.random.Generator) -> Answer:
    """Give each trial its own truth, turned in time: right in all but its timing.

    The bins of a trial are a ring that is turned by at least one bin; all turns are equally likely. A
    trial of a single bin stays as it is.
    """
    splits = {name: _shifted(split, rng) for name, split in truth.splits.items()}
    return Answer("circular_shift", truth.dataset, splits)


def ou_answer(truth: Truth, rng: np.random.Generator) -> Answer:
    """Give every trial a draw from an Ornstein–Uhlenbeck process matched to the latents and log rates.

    Mean, covariance and one-bin covariance are right, jointly for latents and logarithms of rates; see
    `matched_ou`. Rates below 10⁻⁶ Hz count as that.
    """
    splits = {name: _ou(split, rng) for name, split in truth.splits.items()}
    return Answer("matched_ou", truth.dataset, splits)


def _shifted(split: SplitTruth, rng: np.random.Generator) -> SplitAnswer:
    latents, rates_hz = (scratch.empty(kept.shape, kept.dtype) for kept in (split.latents, split.rates_hz))
    for trial, inside in enumerate(split.whole):
        n_bins = int(inside.sum())
        turn = int(rng.integers(1, n_bins)) if n_bins > 1 else 0
        latents[trial], rates_hz[trial] = split.latents[trial], split.rates_hz[trial]
        latents[trial, inside] = np.roll(split.latents[trial, inside], turn, axis=0)
        rates_hz[trial, inside] = np.roll(split.rates_hz[trial, inside], turn, axis=0)
    return SplitAnswer(rates_hz, latents)


def _ou(split: SplitTruth, rng: np.random.Generator) -> SplitAnswer:
    n_latents = split.latents.shape[2]
    latents, rates_hz = (scratch.empty(kept.shape, kept.dtype) for kept in (split.latents, split.rates_hz))
    n_trials = len(split.valid)
    for block in np.array_split(np.arange(n_trials), -(-n_trials // _BLOCK_TRIALS)):
        logs = np.log(np.maximum(split.rates_hz[block], _LOWEST_HZ))
        made = _matched(np.concatenate([split.latents[block], logs], axis=2), split.whole[block], rng)
        latents[block] = made[..., :n_latents]
        rates_hz[block] = np.exp(made[..., n_latents:])
    return SplitAnswer(rates_hz, latents)


def _matched(values: np.ndarray, valid: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Match a process to values of which some may follow from others, as log rates do from latents."""
    inside = values[valid].astype(float)
    mean, sd = inside.mean(axis=0), inside.std(axis=0)
    scale = np.where(sd > 0, sd, 1)
    variances, axes = np.linalg.eigh(np.cov(((inside - mean) / scale).T, bias=True))
    axes = axes[:, variances > _RANK * variances.max()]
    return matched_ou((values - mean) / scale @ axes, valid, rng) @ axes.T * scale + mean
