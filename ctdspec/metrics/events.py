"""Whether inferred inputs say when the events of a task happen."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from ctdspec import scratch
from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.case import Case
from ctdspec.metrics.lag import best_lag
from ctdspec.metrics.linear_map import fit_linear_map, moments_by_fold
from ctdspec.metrics.metric import Group, Metric
from ctdspec.metrics.pair import Pair
from ctdspec.metrics.truth import SplitTruth


def event_scores(train: Pair, test: Pair, bin_s: float, weights: np.ndarray) -> dict[str, Estimate]:
    """Tell bins with an event from bins without, by a linear map of the inferred inputs.

    Parameters
    ----------
    train, test : Pair
        Events (trial, time, kind) as 0 and 1, and inferred inputs.
    bin_s : float
    weights : (1 + resample, test trial)
        From `trial_weights`.

    Returns
    -------
    ``event_auroc``: area under the receiver operating characteristic on test trials, mean over the kinds of
    events. The map and its lag are fitted on train trials. NaN if no event happens, or nothing else does.
    """
    lag, margin = best_lag(train, bin_s)
    n_kinds = train.true.shape[2]
    fit, shifted = train.lagged(lag, margin), test.lagged(lag, margin)
    folds = moments_by_fold((fit.true, fit.inferred), fit.valid)
    found = fit_linear_map(folds, slice(n_kinds, None), slice(0, n_kinds)).series(shifted.inferred)
    by_kind = [
        auroc(found[..., kind], shifted.true[..., kind] > 0, shifted.valid, weights)
        for kind in range(n_kinds)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of nothing is NaN, which is meant
        return {"event_auroc": Estimate.from_resamples(np.nanmean(by_kind, axis=0))}


def auroc(found: np.ndarray, happens: np.ndarray, valid: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Give the probability that a bin with an event scores above one without, ties half, (1 + resample,).

    Parameters
    ----------
    found : (trial, time)
        Scores of the bins.
    happens, valid : (trial, time) bool
    weights : (1 + resample, trial)
        From `trial_weights`.
    """
    with_event, without = valid & happens, valid & ~happens
    trials, events = np.nonzero(with_event)[0], found[with_event]
    won = np.zeros(len(weights))
    for piece in scratch.pieces((len(found), len(found))):
        above = np.zeros((len(found), piece.stop - piece.start))
        for column, trial in enumerate(range(piece.start, piece.stop)):
            others = np.sort(found[trial, without[trial]])
            ranks = np.searchsorted(others, events, "left") + np.searchsorted(others, events, "right")
            above[:, column] = np.bincount(trials, ranks / 2, len(found))
        won += np.sum((weights @ above) * weights[:, piece], axis=1)
    pairs = (weights @ with_event.sum(axis=1)) * (weights @ without.sum(axis=1))
    return np.divide(won, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)


def _scores(case: Case) -> dict[str, Estimate]:
    names = sorted(case.test.events)
    train, test = case.pairs(lambda truth: _events(truth, names), lambda answer: answer.inputs)
    return event_scores(train, test, case.truth.bin_s, case.weights)


def _events(truth: SplitTruth, names: Sequence[str]) -> np.ndarray:
    """Give events by kind as 0 and 1, (trial, time, kind) float32."""
    happens = scratch.empty((*truth.valid.shape, len(names)), np.float32)
    for kind, name in enumerate(names):
        happens[..., kind] = truth.events[name]
    return happens


EVENTS = Group(
    (
        Metric(
            id="event_auroc",
            version=1,
            title="Event detection",
            needs=frozenset({"inputs", "events"}),
            low=0,
            summary="Probability that a linear map of the inferred inputs ranks a bin with an event of the "
            "task above a bin without, mean over kinds of events.",
            invariant_to="a common lag of up to 0.1 s, and invertible affine maps of the inferred inputs",
            fooled_by="inputs that also follow everything else; the size of an event is not asked for",
        ),
    ),
    _scores,
)
"""Detection of events."""
