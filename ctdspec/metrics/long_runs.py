"""Whether an answer's dynamics, left alone for long, do what the true system does: the scored metrics."""

from __future__ import annotations

import numpy as np

from ctdspec.dynamics.lyapunov import kaplan_yorke_dimension, lyapunov_spectrum
from ctdspec.metrics.alignment import Step
from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.case import Case
from ctdspec.metrics.invariant_measure import LongRunSettings, long_run_distances
from ctdspec.metrics.model import KnownExponents
from ctdspec.seeds import stream

N_RUNS = 20
"""Runs, each from the first state of a test trial."""
N_FOLLOWED = 5
"""Runs along which exponents are measured."""
MAX_BINS = 1000
MAX_TRANSIENT_BINS = 100
SETTINGS = LongRunSettings(n_bins=30, kernel_sd=0.3, n_samples=200, smoothing=2.0, n_splits=4)


def exponent_scores(case: Case) -> dict[str, Estimate]:
    """Compare the exponents that the true attractor stands on with the model's largest ones."""
    motion, known, model = case.motion, _known(case), case.model
    assert model is not None, "the metric needs dynamics"
    held = max(1, int(kaplan_yorke_dimension(known.exponents_hz)))
    starts = motion.test.states[:N_FOLLOWED, 0]
    transient = min(known.transient_bins, MAX_TRANSIENT_BINS)
    n_bins = transient + min(known.n_bins, MAX_BINS)
    held_input = motion.model_inputs_of(np.zeros((len(starts), n_bins, 0)))
    scale = float(np.sqrt(motion.train.states[motion.train.valid].var(axis=0).sum()))
    try:
        with np.errstate(all="ignore"):
            found = lyapunov_spectrum(
                model.dynamics, starts, held_input, case.truth.bin_s, transient, scale or 1.0
            ).exponents_hz
    except np.linalg.LinAlgError:  # the run went to infinity
        found = np.full(1, np.nan)
    # A model of fewer dimensions forgets the others at once: within a bin.
    padded = np.concatenate([found, np.full(held, -1 / case.truth.bin_s)])[:held]
    error = float(np.abs(padded - known.exponents_hz[:held]).mean())
    return {"lyapunov_error_hz": Estimate.certain(error)}


def long_run_scores(case: Case) -> dict[str, Estimate]:
    """Compare where both systems go, and in which rhythm, when they run without noise."""
    motion, known = case.motion, _known(case)
    n_bins, transient = min(known.n_bins, MAX_BINS), min(known.transient_bins, MAX_TRANSIENT_BINS)
    starts = motion.test.latents[:N_RUNS, 0].astype(float)
    nothing = np.zeros((len(starts), 0))
    true = _run(motion.true_step, starts, nothing, transient, n_bins)
    states = motion.test.states[:N_RUNS, 0]
    made = _run(motion.model_step, states, motion.model_inputs_of(nothing), transient, n_bins)
    with np.errstate(all="ignore"):
        found = long_run_distances(
            true, motion.alignment.to_latents(made), SETTINGS, stream(case.seed, "metrics/long_runs")
        )
    values = {name: distance.value for name, distance in found.items()}
    return {name: Estimate(value.value, value.low, value.high) for name, value in values.items()}


def _run(step: Step, states: np.ndarray, inputs: np.ndarray, transient: int, n_bins: int) -> np.ndarray:
    """Give the states (run, time, latent) float64 of `n_bins` bins after the transient."""
    visited = np.empty((len(states), n_bins, states.shape[1]))
    with np.errstate(all="ignore"):
        for t in range(transient + n_bins):
            states = step(states, inputs)
            if t >= transient:
                visited[:, t - transient] = states
    return visited


def _known(case: Case) -> KnownExponents:
    system = case.truth.system
    assert system is not None, "the metric needs the true system"
    assert system.exponents is not None, "the metric needs its exponents"
    return system.exponents
