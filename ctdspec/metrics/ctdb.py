"""Metrics as the Computation-through-Dynamics Benchmark defines them, to compare with its numbers.

Written from their published definitions. None of them ranks answers as it should; see `fooled_by` of each.
"""

from __future__ import annotations

import numpy as np

from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.case import Case
from ctdspec.metrics.explained import TrialSums, pooled_r2
from ctdspec.metrics.linear_map import LinearMap, all_moments, fit_with_ridge
from ctdspec.metrics.metric import Group, Metric
from ctdspec.metrics.pair import Pair

KEPT_SHARE = 0.99
"""Share of the squared singular values of the readout that is kept."""
_LEAST_SQUARES = 1e-12


def inferred_r2(train: Pair, test: Pair, weights: np.ndarray) -> Estimate:
    """Give the R² of what was inferred from what is true: a least-squares fit to train trials."""
    n_true = train.true.shape[2]
    moments = all_moments(train.folds)
    fitted = fit_with_ridge(moments, slice(0, n_true), slice(n_true, None), _LEAST_SQUARES)
    return pooled_r2(TrialSums.of(test.inferred, fitted.series(test.true), test.valid), weights)


def truncated_readout_r2(train: Pair, test: Pair, weights: np.ndarray) -> Estimate:
    """Give the R² of states from themselves, through the leading singular vectors of their readout.

    The readout is the least-squares map from states (`true`) to log-rates (`inferred`), so that neither the
    rates of the test trials nor the truth play a part. Principal components are left out: rotations of either
    side change nothing.
    """
    n_states = train.true.shape[2]
    states, rates = slice(0, n_states), slice(n_states, None)
    moments = all_moments(train.folds)
    readout = fit_with_ridge(moments, states, rates, _LEAST_SQUARES).weights
    axes, values, _ = np.linalg.svd(readout, full_matrices=False)
    held = np.cumsum(values**2)
    kept = axes[:, : int(np.searchsorted(held, KEPT_SHARE * held[-1])) + 1]
    mean = moments.mean[states]
    through = LinearMap(kept @ kept.T, mean - mean @ kept @ kept.T, 0.0)
    return pooled_r2(TrialSums.of(test.true, through.series(test.true), test.valid), weights)


def _state_r2(case: Case) -> dict[str, Estimate]:
    train, test = case.state_pairs
    return {"ctdb_state_r2": inferred_r2(train, test, case.weights)}


def _input_r2(case: Case) -> dict[str, Estimate]:
    train, test = case.pairs(lambda truth: truth.inputs, lambda answer: answer.inputs)
    return {"ctdb_input_r2": inferred_r2(train, test, case.weights)}


def _cycle_con(case: Case) -> dict[str, Estimate]:
    train, test = case.readout_pairs
    return {"ctdb_cycle_con": truncated_readout_r2(train, test, case.weights)}


_COMPARE = "CtDB's definition, for comparison: "

CTDB_STATE = Group(
    (
        Metric(
            id="ctdb_state_r2",
            version=1,
            title="State R² (CtDB)",
            needs=frozenset({"states"}),
            summary=_COMPARE + "share of the inferred states' variance, in their own units, that a linear "
            "map of the true latents explains.",
            invariant_to="shifts, rotations and a common scale of the states",
            fooled_by="one true component is perfect; the task's inputs nearly so",
        ),
    ),
    _state_r2,
)
"""CtDB's state R²."""

CTDB_INPUT = Group(
    (
        Metric(
            id="ctdb_input_r2",
            version=1,
            title="Input R² (CtDB)",
            needs=frozenset({"inputs"}),
            summary=_COMPARE + "share of the inferred inputs' variance, in their own units, that a linear "
            "map of the true inputs explains.",
            invariant_to="shifts, rotations and a common scale of the inferred inputs",
            fooled_by="one true input is perfect",
        ),
    ),
    _input_r2,
)
"""CtDB's input R²."""

CTDB_CYCLE = Group(
    (
        Metric(
            id="ctdb_cycle_con",
            version=1,
            title="Cycle consistency (CtDB)",
            needs=frozenset({"rates", "states"}),
            summary=_COMPARE + "share of the states' variance in the leading singular directions of a "
            "readout fitted on train trials; in float64.",
            invariant_to="the rates of the test trials; rotations and a common scale of the states",
            fooled_by="random states whose readout is not truncated; rates of other trials",
        ),
    ),
    _cycle_con,
)
"""CtDB's cycle consistency."""
