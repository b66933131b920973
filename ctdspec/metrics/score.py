"""Scoring: an answer and the truth, to rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ctdspec.errors import UsageError
from ctdspec.metrics.bits import bit_scores
from ctdspec.metrics.bootstrap import N_RESAMPLES, Estimate, trial_weights
from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.rates import rate_scores
from ctdspec.metrics.references import chance_answer, oracle_answer
from ctdspec.metrics.states import StatePair, state_scores
from ctdspec.metrics.truth import Truth
from ctdspec.seeds import stream
from ctdspec.submissions.answer import Answer


@dataclass(frozen=True)
class Score:
    """One row of the long table of scores.

    Attributes
    ----------
    metric, version
        What was measured, by which version of its definition.
    method : str
        Whose answer it is; ``oracle`` and ``chance`` are the reference rows.
    split : str
        The trials that were scored.
    value, low, high : float
        The score and its 95 % interval over trials; NaN where the score is not defined.
    ceiling, chance : float
        The same metric of the oracle and of the chance row.
    n_trials, n_bootstrap : int
        Trials that were scored, and resamples behind the interval.
    """

    metric: str
    version: int
    method: str
    split: str
    value: float
    low: float
    high: float
    ceiling: float
    chance: float
    n_trials: int
    n_bootstrap: int


@dataclass(frozen=True)
class References:
    """Estimates of the reference rows by metric; the same for every answer to a dataset."""

    ceiling: dict[str, Estimate]
    chance: dict[str, Estimate]


def reference_estimates(truth: Truth, metrics: Sequence[str], seed: int) -> References:
    """Score the oracle and the chance row once, for the scoring of many answers."""
    shuffled = chance_answer(truth, stream(seed, "metrics/chance"))
    return References(
        _estimates(oracle_answer(truth), truth, metrics, seed), _estimates(shuffled, truth, metrics, seed)
    )


def score(
    answer: Answer,
    truth: Truth,
    metrics: Sequence[str],
    seed: int,
    references: References | None = None,
) -> list[Score]:
    """Score an answer on the test trials: one row per metric, in the order of `metrics`.

    A metric that the answer or the dataset has nothing for (states, held-out neurons) has no row.

    Parameters
    ----------
    answer, truth
        In the same order of trials.
    metrics
        Ids from the catalogue.
    seed
        The seed of the spec. Every answer is resampled with the same draws, so differences are paired.
    references
        From `reference_estimates` with the same truth, metrics and seed; computed here if not given.

    Raises
    ------
    SubmissionError
        If the answer does not fit the dataset; the text lists everything that is wrong with it.
    UsageError
        If there is no such metric.
    """
    if unknown := [metric for metric in metrics if metric not in METRICS]:
        raise UsageError(f"metric {unknown[0]!r} is unknown; the metrics are {', '.join(METRICS)}")
    truth.expected.ensure(answer)
    references = references or reference_estimates(truth, metrics, seed)
    return [
        Score(
            metric=metric,
            version=METRICS[metric].version,
            method=answer.method,
            split="test",
            value=estimate.value,
            low=estimate.low,
            high=estimate.high,
            ceiling=references.ceiling[metric].value,
            chance=references.chance[metric].value,
            n_trials=len(truth.splits["test"].valid),
            n_bootstrap=N_RESAMPLES,
        )
        for metric, estimate in _estimates(answer, truth, metrics, seed).items()
    ]


def _estimates(answer: Answer, truth: Truth, metrics: Sequence[str], seed: int) -> dict[str, Estimate]:
    """Give the estimates of those of the metrics that can be computed, in their order."""
    from threadpoolctl import threadpool_limits

    weights = trial_weights(len(truth.splits["test"].valid), stream(seed, "metrics/bootstrap"))
    found: dict[str, Estimate] = {}
    # A library may split a product over threads in a way that changes its last bit, and with it the table.
    with threadpool_limits(1):
        for names, compute in _GROUPS.items():
            if set(names) & set(metrics):
                found |= compute(answer, truth, weights)
    return {metric: found[metric] for metric in metrics if metric in found}


def _rates(answer: Answer, truth: Truth, weights: np.ndarray) -> dict[str, Estimate]:
    test = truth.splits["test"]
    return rate_scores(test.rates_hz, answer.splits["test"].rates_hz, test.valid, weights)


def _bits(answer: Answer, truth: Truth, weights: np.ndarray) -> dict[str, Estimate]:
    test = truth.splits["test"]
    if test.spikes is None or not truth.held_out.any():
        return {}
    spikes, rates_hz, true_hz = (
        array[..., truth.held_out] for array in (test.spikes, answer.splits["test"].rates_hz, test.rates_hz)
    )
    return bit_scores(spikes, rates_hz, true_hz, test.seen(truth.held_out), truth.bin_s, weights)


def _states(answer: Answer, truth: Truth, weights: np.ndarray) -> dict[str, Estimate]:
    if answer.splits["test"].states is None:
        return {}
    return state_scores(_state_pair(answer, truth, "train"), _state_pair(answer, truth, "test"), weights)


def _state_pair(answer: Answer, truth: Truth, split: str) -> StatePair:
    states = answer.splits[split].states
    assert states is not None, "an answer that fits has states in every split or in none"
    return StatePair(truth.splits[split].latents, states, truth.splits[split].valid)


Compute = Callable[[Answer, Truth, np.ndarray], dict[str, Estimate]]

_GROUPS: dict[tuple[str, ...], Compute] = {
    ("rate_r2", "rate_r2_median"): _rates,
    ("co_bps", "co_bps_share"): _bits,
    ("state_recall", "state_precision"): _states,
}
"""Metrics that share their work, and what computes them."""
