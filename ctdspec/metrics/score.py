"""Scoring: an answer and the truth, to rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ctdspec.errors import UsageError
from ctdspec.metrics.bootstrap import N_RESAMPLES, Estimate
from ctdspec.metrics.case import Case
from ctdspec.metrics.catalogue import GROUPS, METRICS
from ctdspec.metrics.model import Model
from ctdspec.metrics.references import (
    CHANCE,
    ORACLE,
    chance_answer,
    chance_model,
    oracle_answer,
    oracle_model,
)
from ctdspec.metrics.truth import Truth
from ctdspec.seeds import stream
from ctdspec.submissions.answer import Answer

INDISTINCT = 1e-6
"""Ceiling and chance that are no further apart leave nothing to normalise by."""
UNDEFINED = Estimate(float("nan"), float("nan"), float("nan"))


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
    normalised : float
        (value - chance) / (ceiling - chance): 0 is chance, 1 the ceiling, whichever way is better. NaN where
        the two are the same.
    n_trials, n_bootstrap : int
        Trials that were scored, and resamples behind the interval.
    note : str
        What a reader must know of the row; empty if nothing.
    resamples : (resample,), optional
        The values that the interval is of; no column of the table.
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
    normalised: float
    n_trials: int
    n_bootstrap: int
    note: str = ""
    resamples: np.ndarray | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class References:
    """Estimates of the reference rows by metric; the same for every answer to a dataset."""

    ceiling: Mapping[str, Estimate]
    chance: Mapping[str, Estimate]

    def rows(self, n_trials: int) -> tuple[list[Score], list[Score]]:
        """Give the rows of the oracle and those of chance."""
        oracle, chance = (
            [self.row(metric, name, estimate, n_trials) for metric, estimate in found.items()]
            for name, found in ((ORACLE, self.ceiling), (CHANCE, self.chance))
        )
        return oracle, chance

    def row(self, metric: str, method: str, estimate: Estimate, n_trials: int, note: str = "") -> Score:
        """Give one row of the table: the estimate beside its ceiling and its chance level."""
        ceiling, chance = (found.get(metric, UNDEFINED).value for found in (self.ceiling, self.chance))
        return Score(
            metric=metric,
            version=METRICS[metric].version,
            method=method,
            split="test",
            value=estimate.value,
            low=estimate.low,
            high=estimate.high,
            ceiling=ceiling,
            chance=chance,
            normalised=normalised(estimate.value, ceiling, chance),
            n_trials=n_trials,
            n_bootstrap=N_RESAMPLES,
            note=note,
            resamples=estimate.resamples,
        )


def normalised(value: float, ceiling: float, chance: float) -> float:
    """Give (value - chance) / (ceiling - chance); NaN where the two are the same up to `INDISTINCT`."""
    span = ceiling - chance
    return (value - chance) / span if abs(span) > INDISTINCT else float("nan")


def reference_estimates(truth: Truth, metrics: Sequence[str], seed: int) -> References:
    """Score the oracle and the chance row once, for the scoring of many answers."""
    shuffled = chance_answer(truth, stream(seed, "metrics/chance"))
    # Asking for the true system may build it, which is needless for metrics of activity.
    moving = any("dynamics" in METRICS[metric].needs for metric in metrics if metric in METRICS)
    oracle, chance = (oracle_model(truth), chance_model(truth)) if moving else (None, None)
    ceilings = estimates(oracle_answer(truth), truth, metrics, seed, oracle)
    found = estimates(shuffled, truth, metrics, seed, chance)
    return References(ceilings, found | _other_chance(shuffled, truth, found, seed))


def _other_chance(
    answer: Answer, truth: Truth, found: Mapping[str, Estimate], seed: int
) -> dict[str, Estimate]:
    """Give the know-nothing values of metrics that shuffled trials are no fair source of."""
    case, other = Case(answer, truth, seed), {}
    for group in GROUPS:
        if group.chance is not None and {metric.id for metric in group.metrics} & set(found):
            other |= group.chance(case)
    return {metric: estimate for metric, estimate in other.items() if metric in found}


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
    found = estimates(answer, truth, metrics, seed)
    references = references or reference_estimates(truth, metrics, seed)
    n_trials = len(truth.splits["test"].valid)
    return [references.row(metric, answer.method, estimate, n_trials) for metric, estimate in found.items()]


def estimates(
    answer: Answer, truth: Truth, metrics: Sequence[str], seed: int, model: Model | None = None
) -> dict[str, Estimate]:
    """Give the estimates, with their resamples, of those of the metrics that can be computed, in their order.

    The dynamics of the answer's states are those that it brings, or `model`, if that is given.

    Raises
    ------
    SubmissionError, UsageError
        As `score`.
    """
    from threadpoolctl import threadpool_limits

    if unknown := [metric for metric in metrics if metric not in METRICS]:
        raise UsageError(f"metric {unknown[0]!r} is unknown; the metrics are {', '.join(METRICS)}")
    truth.expected.ensure(answer)
    case = Case(answer, truth, seed, model)
    wanted = [metric for metric in metrics if METRICS[metric].needs <= case.has]
    found: dict[str, Estimate] = {}
    # A library may split a product over threads in a way that changes its last bit, and with it the table.
    with threadpool_limits(1):
        for group in GROUPS:
            if {metric.id for metric in group.metrics} & set(wanted):
                found |= group.compute(case)
    return {metric: found[metric] for metric in wanted if metric in found}
