"""Co-smoothing from few trials: how easily neurons that were not seen are read from the states."""

from __future__ import annotations

import numpy as np

from ctdspec import scratch
from ctdspec.metrics.bits import SpikeSums
from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.case import Case
from ctdspec.metrics.metric import INF, ORACLE_CEILING, Group, Metric
from ctdspec.metrics.poisson_map import fit_poisson
from ctdspec.seeds import stream

N_SHOTS = 8
"""Train trials that the readout is fitted to."""
N_DRAWS = 10
"""Draws of such trials that the score is the mean of."""
WEIGHT_SD = 1.0
"""Standard deviation of the normal prior of the readout's weights, in log-rate per sd of a state."""


def few_shot_scores(case: Case) -> dict[str, Estimate]:
    """Score the states by how well few trials teach a Poisson regression the rates of held-out neurons.

    States that mean nothing cost: with few trials their weights cannot be told from zero (Dabholkar & Barak
    2025). Wants states, spikes and held-out neurons.

    Returns
    -------
    ``few_shot_co_bps``: bits per spike over a constant rate on the test trials, mean over draws of `N_SHOTS`
    train trials. Empty if there are fewer.
    """
    shown = case.answer.splits["train"].states
    if case.train.spikes is None or shown is None or len(case.train.valid) < N_SHOTS:
        return {}
    assert case.test.spikes is not None, "needed by the metric"
    hidden = scratch.columns(case.test.spikes, case.truth.held_out)
    rng = stream(case.seed, "metrics/few_shot")
    bits = np.zeros(len(case.weights))
    for _ in range(N_DRAWS):
        trials = np.sort(rng.choice(len(shown), N_SHOTS, replace=False))
        bits += _bits(case, shown[trials], trials, hidden) / N_DRAWS
    return {"few_shot_co_bps": Estimate.from_resamples(bits)}


def _bits(case: Case, states: np.ndarray, trials: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Fit to the states of these train trials, and give the bits per spike of the test trials' resamples.

    `hidden` are the spikes of the held-out neurons there.
    """
    held_out, bin_s = case.truth.held_out, case.truth.bin_s
    train, test, answered = case.train, case.test, case.answered.states
    assert train.spikes is not None, "needed by the metric"
    assert answered is not None, "needed by the metric"
    bins = train.valid[trials]
    counts, seen = train.spikes[trials][..., held_out][bins], train.seen(held_out)[trials][bins]
    ridge = 1 / (bins.sum() * WEIGHT_SD**2)
    rates_hz = fit_poisson(states[bins], counts, seen, float(ridge)).rates_hz(answered, bin_s)
    sums = SpikeSums.of(hidden, rates_hz, test.seen(held_out), bin_s)
    return sums.bits_per_spike(case.weights)


FEW_SHOT = Group(
    (
        Metric(
            id="few_shot_co_bps",
            version=1,
            title=f"Co-smoothing from {N_SHOTS} trials",
            needs=frozenset({"states", "held_out", "spikes"}),
            high=INF,
            unit="bit/spike",
            summary=f"Information about the spikes of held-out neurons that a Poisson regression from the "
            f"states, fitted to {N_SHOTS} train trials, carries over to the test trials, in bits per spike.",
            invariant_to="shifts and units of the states; rotations of them up to the prior",
            ceiling=ORACLE_CEILING + "; fewer states that hold as much exceed it",
            fooled_by="states that are the rates of the neurons asked for",
        ),
    ),
    few_shot_scores,
)
"""Co-smoothing from few trials."""
