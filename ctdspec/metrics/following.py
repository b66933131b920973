"""Whether an answer's dynamics move, forecast, settle, and rest as the true system does: the scored metrics.

The measures themselves are in `flow`, `forecast`, `basins` and `fixed_points`; here is what they are asked.
"""

from __future__ import annotations

import numpy as np

from ctdspec.dynamics.fixed_points import find_fixed_points
from ctdspec.dynamics.stability import time_constants_bins
from ctdspec.metrics.basins import Settling, basin_agreement
from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.case import Case
from ctdspec.metrics.fixed_points import PointSet, match_fixed_points
from ctdspec.metrics.flow import Visits, displaced, flow_agreement
from ctdspec.metrics.forecast import Forecast, Targets, forecast
from ctdspec.metrics.model import KnownFixedPoints
from ctdspec.seeds import stream

AWAY_SD = 0.5
"""How far off the trajectories flows are compared too, in standard deviations of the visited states."""
N_STARTS = 4
"""Bins of a trial from which forecasts start."""
SLOW_S = 0.05
"""Eigenvalues that decay within this time are not compared."""
BASIN_STARTS = 4
"""Bins of a trial whose states are let go."""
SETTLING_TIMES = 6
"""For how many of the slowest time constants of a stable point states are let go."""
_SETTLING_BINS = 100, 1500
_SAME_SD, _MATCH_SD = 0.05, 0.25
_SEARCH_TRIALS = 50


def flow_scores(case: Case) -> dict[str, Estimate]:
    """Compare one step of both, on the trajectories of the test trials and beside them."""
    motion = case.motion
    visits = Visits(motion.test.latents, motion.inputs, motion.model_inputs, motion.test.valid)
    beside = displaced(visits, AWAY_SD, stream(case.seed, "metrics/flow"))
    found = {}
    for where, visited in (("", visits), ("_off", beside)):
        agreement = flow_agreement(
            motion.true_step, motion.model_step, motion.alignment, visited, motion.weights
        )
        found |= {f"{name}{where}": estimate for name, estimate in agreement.items()}
    return found


def forecast_scores(case: Case) -> dict[str, Estimate]:
    """Run the model from its own states for half of the shortest test trial; nothing if that is no bin."""
    motion, horizon = case.motion, case.motion.shortest // 2
    if not horizon:
        return {}
    starts = np.unique(np.linspace(0, motion.shortest - 1 - horizon, N_STARTS).astype(int))
    targets = Targets(motion.test.latents, motion.model_inputs, motion.test.valid, starts, horizon)
    found = forecast(
        motion.model_step,
        motion.test.states,
        motion.alignment.to_latents,
        targets,
        case.truth.bin_s,
        motion.weights,
    )
    return {"forecast_r2": Estimate.from_resamples(_mean_r2(found)), "valid_time_s": found.valid_time_s}


def _mean_r2(found: Forecast) -> np.ndarray:
    """Give the mean over the horizon of R², where less than 0 counts as 0, (1 + resample,)."""
    total = np.zeros(0)
    for ahead in found.r2:
        assert ahead.resamples is not None, "an estimate from resamples keeps them"
        values = np.maximum(np.concatenate([[ahead.value], ahead.resamples]), 0)
        total = values if not len(total) else total + values
    return total / len(found.r2)


def fixed_point_scores(case: Case) -> dict[str, Estimate]:
    """Find the model's fixed points as those of the true system were found, and match them."""
    motion, known = case.motion, _known(case)
    visited = motion.train.latents[motion.train.valid]
    match = match_fixed_points(
        known.points,
        model_points(case, known),
        motion.alignment.to_latents,
        visited,
        max(1.0, SLOW_S / case.truth.bin_s),
    )
    return {
        "fixed_point_f1": Estimate.certain(match.f1),
        "fixed_point_precision": Estimate.certain(match.precision),
        "fixed_point_recall": Estimate.certain(match.recall),
        "fixed_point_distance": Estimate.certain(match.distance),
        "fixed_point_stability": Estimate.certain(match.stability),
        "fixed_point_eigenvalues": Estimate.certain(match.eigenvalue_distance),
    }


def model_points(case: Case, known: KnownFixedPoints) -> PointSet:
    """Give the fixed points of the model under the input that the true ones are known for.

    None are found where the model's states do not vary, or where its derivatives are not finite. Those of
    the true system itself were found when the dataset was built.
    """
    motion, model, system = case.motion, case.model, case.truth.system
    assert model is not None, "the metric needs dynamics"
    if system is not None and model.dynamics is system.dynamics:
        return known.points
    some = slice(_SEARCH_TRIALS)
    states = motion.train.states[some][motion.train.valid[some]]
    nothing = PointSet(np.empty((0, states.shape[1])), np.empty((0, states.shape[1]), complex))
    if not np.ptp(states, axis=0).any():
        return nothing
    inputs = motion.model_inputs_of(known.inputs)
    rng = stream(case.seed, "metrics/fixed_points")
    try:
        # What a stranger's step does far from its states is its own affair.
        with np.errstate(all="ignore"):
            found = find_fixed_points(model.dynamics, inputs, states, rng, box=None, search=known.search)
    except np.linalg.LinAlgError:
        return nothing
    return PointSet(found.points, found.eigenvalues)


def basin_scores(case: Case) -> dict[str, Estimate]:
    """Let states go under the input that fixed points are known for; nothing if none of them is stable."""
    motion, known = case.motion, _known(case)
    constants = time_constants_bins(known.points.eigenvalues)
    stable = np.all(np.abs(known.points.eigenvalues) < 1, axis=1)
    if not stable.any():
        return {}
    slowest = float(constants[stable].max())
    bins = np.linspace(0, motion.shortest - 1, BASIN_STARTS).astype(int)
    visits = Visits(motion.test.latents, motion.inputs, motion.model_inputs, motion.test.valid)
    beside = displaced(visits, AWAY_SD, stream(case.seed, "metrics/basins")).latents[:, bins]
    found = basin_agreement(
        motion.true_step,
        motion.model_step,
        motion.alignment,
        beside.reshape(-1, beside.shape[2]),
        known.inputs,
        motion.model_inputs_of(known.inputs),
        Settling(int(np.clip(SETTLING_TIMES * slowest, *_SETTLING_BINS)), 1, _SAME_SD, _MATCH_SD),
        np.repeat(motion.weights, len(bins), axis=1),
    )
    return {"basin_agreement": found.agreement}


def _known(case: Case) -> KnownFixedPoints:
    system = case.truth.system
    assert system is not None, "the metric needs the true system"
    assert system.fixed_points is not None, "the metric needs its fixed points"
    return system.fixed_points
