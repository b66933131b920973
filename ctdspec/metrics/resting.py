"""What an answer's dynamics are at rest, and which memory they claim: the scored metrics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ctdspec import scratch
from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.dynamics.jacobian import jacobian
from ctdspec.dynamics.limit_sets import limit_sets
from ctdspec.dynamics.mechanism import (
    attractor_class,
    line_attractor_score,
    non_normality,
    rates_of_steps,
    retained,
    singular_overlap,
    slowest_time_s,
    time_constants_s,
)
from ctdspec.dynamics.stationary import stationary_covariance_of_steps
from ctdspec.errors import UsageError
from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.case import Case
from ctdspec.metrics.explained import sum_of_rows
from ctdspec.metrics.motion import MAX_TEST_TRIALS
from ctdspec.systems.flow import Flow
from ctdspec.systems.rate_network import RateNetwork

SLOW = 5.0
"""Modes are called slow from this many median time constants of the true system on, and looked at then."""
N_TIMES = 5
N_STARTS, OUTWARD, RUN, MAX_RUN_BINS = 8, 3.0, 60.0, 20_000
SMALL = 0.05
_NEWTON_STEPS, _AT_REST = 50, 1e-8


@dataclass(frozen=True)
class Visited:
    """Where states are: their mean (latent,), and the root of their total variance."""

    mean: np.ndarray
    spread: float

    @classmethod
    def of(cls, states: np.ndarray, valid: np.ndarray) -> Visited:
        """Look at the valid bins (trial, time) of states (trial, time, latent)."""
        mean = sum_of_rows(_valid_rows(states, valid)) / valid.sum()
        squares = sum_of_rows((rows - mean) ** 2 for rows in _valid_rows(states, valid))
        return cls(mean, float(np.sqrt((squares / valid.sum()).sum())))


def _valid_rows(states: np.ndarray, valid: np.ndarray) -> Iterator[np.ndarray]:
    for piece in scratch.pieces(states):
        yield states[piece][valid[piece]].astype(float)


@dataclass(frozen=True)
class Rest:
    """Dynamics about a resting point under held inputs.

    Attributes
    ----------
    dynamics : Dynamics
    point : (latent,)
    inputs : (input,)
    step : (latent, latent)
        Jacobian of the step there.
    bin_s : float
    """

    dynamics: Dynamics
    point: np.ndarray
    inputs: np.ndarray
    step: np.ndarray
    bin_s: float

    @classmethod
    def near(cls, dynamics: Dynamics, visited: Visited, inputs: np.ndarray, bin_s: float) -> Rest | None:
        """Go by Newton's steps from the mean of the visited states to rest; None if they do not arrive."""
        point, scale = visited.mean, visited.spread or 1.0
        with np.errstate(all="ignore"):
            for _ in range(_NEWTON_STEPS):
                move = dynamics.step(point[None], inputs[None])[0] - point
                step = jacobian(dynamics, point[None], inputs[None], scale)[0]
                if not (np.isfinite(move).all() and np.isfinite(step).all()):
                    return None
                if np.linalg.norm(move) <= _AT_REST * scale:
                    return cls(dynamics, point, inputs, step, bin_s)
                point = point + np.linalg.lstsq(np.eye(len(step)) - step, move, rcond=None)[0]
        return None

    @cached_property
    def rates(self) -> np.ndarray:
        """The rates (mode,) in 1/s: as constructed where that is known, for rounding moves nilpotent ones."""
        known = None
        if isinstance(self.dynamics, Flow):
            spec = self.dynamics.spec
            if isinstance(spec, RateNetwork) and spec.phi != "relu" and np.linalg.norm(self.point) < _AT_REST:
                known = spec.weights.eigenvalues
            if known is not None:
                known = (known - 1) / spec.time_unit_s
        if known is None:
            known = rates_of_steps(np.linalg.eigvals(self.step), self.bin_s)
        return told_apart(known, self.bin_s)


def told_apart(rates: np.ndarray, bin_s: float) -> np.ndarray:
    """Give rates (mode,) in 1/s as far as rounding lets a step tell them, so that all times are finite.

    An eigenvalue of the step that differs from 1 or from 0 by less than 2.2e-16 counts as that far from it:
    a mode that does not grow lasts at most bin / 2.2e-16, which is 4.5e13 s for bins of 10 ms.
    """
    nearest, real = float(np.finfo(float).eps), np.real(rates)
    decays = np.clip(real, np.log(nearest) / bin_s, -nearest / bin_s)
    return np.where(real > 0, real, decays) + 1j * np.imag(rates)


def resting(case: Case) -> Rest | None:
    """Give the model at rest near the mean of the answer's states, without inputs; None if it never is."""
    model, states = case.model, case.answered.states
    assert model is not None, "the metric needs dynamics"
    assert states is not None, "the metric needs states"
    stimulus, inferred = case.test.stimulus, case.answered.inputs
    inputs = np.zeros(0)
    if model.inputs == "stimulus" and stimulus is not None:
        inputs = np.zeros(stimulus.shape[2])
    elif model.inputs == "inferred" and inferred is not None:
        inputs = inferred[case.test.valid].mean(axis=0, dtype=float)
    visited = Visited.of(states, case.test.valid)
    return Rest.near(model.dynamics, visited, inputs, case.truth.bin_s)


def true_rest(case: Case) -> Rest | None:
    """Give the true system at rest, in the same way."""
    system, stimulus = case.truth.system, case.test.stimulus
    assert system is not None, "the metric needs the true system"
    inputs = np.zeros(0 if stimulus is None else stimulus.shape[2])
    visited = Visited.of(case.test.latents, case.test.valid)
    return Rest.near(system.dynamics, visited, inputs, case.truth.bin_s)


def unit_time_s(true: Rest) -> float:
    """Give the median time constant of the true system: how long a unit remembers by itself, as a rule."""
    times = time_constants_s(true.rates)
    return float(np.median(times[times > 0])) if np.any(times > 0) else float("nan")


def mechanism_scores(case: Case) -> dict[str, Estimate]:
    """Give what the eigenvalues at rest say."""
    names = (
        *("slowest_time_s", "slowness_octaves", "line_attractor_score", "attractor_dimension"),
        *("growing_modes", "spectrum_octaves", "non_normality"),
    )
    model, true = resting(case), true_rest(case)
    if model is None or true is None:
        return dict.fromkeys(names, Estimate.certain(float("nan")))
    slowest, truly = slowest_time_s(model.rates), slowest_time_s(true.rates)
    found = attractor_class(model.rates, SLOW * unit_time_s(true))
    values = (
        slowest,
        float(np.log2(slowest / truly)),
        line_attractor_score(model.rates),
        float("nan") if found.growing else found.dimension,
        found.growing,
        _spectrum_octaves(model.rates, true.rates),
        non_normality(model.step - np.exp(-model.bin_s / unit_time_s(true)) * np.eye(len(model.step))),
    )
    return {name: Estimate.certain(value) for name, value in zip(names, values, strict=True)}


def _spectrum_octaves(rates: np.ndarray, true: np.ndarray) -> float:
    times, known = (-np.sort(-time_constants_s(part))[:N_TIMES] for part in (rates, true))
    n = min(len(times), len(known))
    if np.any(np.real(rates) >= 0) or np.any(np.real(true) >= 0):
        return float("nan")
    return float(np.mean(np.abs(np.log2(times[:n] / known[:n]))))


def memory_scores(case: Case) -> dict[str, Estimate]:
    """Give how the states' covariances and perturbations go on, in the model and in the data."""
    names = ("moment_mismatch", "lag_mismatch", "one_step_r2", "retention_excess", "singular_overlap")
    model, true = resting(case), true_rest(case)
    if model is None or true is None:
        return dict.fromkeys(names, Estimate.certain(float("nan")))
    states = _states(case) - model.point
    valid = case.train.valid[: len(states)]
    n_bins = max(1, min(round(SLOW * unit_time_s(true) / model.bin_s), valid.shape[1] // 2))
    seen = case.motion.alignment.to_states.weights
    back = np.linalg.pinv(seen)
    truly = seen.T @ np.linalg.matrix_power(true.step, n_bins) @ back.T
    decay = np.exp(-model.bin_s / unit_time_s(true))
    truncated = seen.T @ true.step @ back.T - decay * np.eye(len(model.step))
    values = (
        _moment_mismatch(model.step, states, valid),
        _lag_mismatch(model.step, states, valid, n_bins),
        _one_step_r2(case),
        retained(model.step, n_bins) - float(np.linalg.norm(truly)) / np.sqrt(len(truly)),
        singular_overlap(model.step - decay * np.eye(len(model.step)), truncated),
    )
    return {name: Estimate.certain(value) for name, value in zip(names, values, strict=True)}


def _states(case: Case) -> np.ndarray:
    states = case.answer.splits["train"].states
    assert states is not None, "the metric needs states"
    return states[:MAX_TEST_TRIALS].astype(float)


def _pairs(states: np.ndarray, valid: np.ndarray, lag: int) -> tuple[np.ndarray, np.ndarray]:
    last = states.shape[1] - lag
    both = valid[:, lag:] & valid[:, :last]
    return states[:, :last][both], states[:, lag:][both]


def _moment_mismatch(step: np.ndarray, states: np.ndarray, valid: np.ndarray) -> float:
    before, after = _pairs(states, valid, 1)
    error = after - before @ step.T
    try:
        own = stationary_covariance_of_steps(step, error.T @ error / len(error))
    except (UsageError, np.linalg.LinAlgError):
        return float("nan")
    covariance = before.T @ before / len(before)
    return float(np.linalg.norm(own - covariance) / np.linalg.norm(covariance))


def _lag_mismatch(step: np.ndarray, states: np.ndarray, valid: np.ndarray, lag: int) -> float:
    before, after = _pairs(states, valid, lag)
    if not len(before):
        return float("nan")
    seen, covariance = after.T @ before / len(before), before.T @ before / len(before)
    with np.errstate(over="ignore", invalid="ignore"):
        own = np.linalg.matrix_power(step, lag) @ covariance
    return float(np.linalg.norm(own - seen) / np.linalg.norm(seen))


def _one_step_r2(case: Case) -> float:
    motion = case.motion
    states, valid = motion.test.states, motion.test.valid
    both = valid[:, 1:] & valid[:, :-1]
    after = states[:, 1:][both]
    with np.errstate(all="ignore"):
        moved = motion.model_step(states[:, :-1][both], motion.model_inputs[:, 1:][both])
    total = float(np.sum((after - after.mean(axis=0)) ** 2))
    return 1 - float(np.sum((after - moved) ** 2)) / total if total > 0 else float("nan")


def cycling_scores(case: Case) -> dict[str, Estimate]:
    """Let the model go from states far out, and see where it ends."""
    model, true = resting(case), true_rest(case)
    if model is None or true is None:
        return {"cycling_share": Estimate.certain(float("nan"))}
    states = case.answered.states
    assert states is not None, "the metric needs states"
    starts = model.point + OUTWARD * (states[:N_STARTS, 0].astype(float) - model.point)
    scale = Visited.of(states, case.test.valid).spread
    n_bins = min(MAX_RUN_BINS, round(RUN * unit_time_s(true) / model.bin_s))
    ends = limit_sets(model.dynamics, starts, model.point, model.inputs, n_bins, SMALL * scale)
    return {"cycling_share": Estimate.certain(float(np.mean(ends.cycling | ends.lost)))}
