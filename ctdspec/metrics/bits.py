"""Co-smoothing: what inferred rates know about the spikes of neurons that the method did not see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec import scratch
from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.case import Case, Need
from ctdspec.metrics.metric import INF, Group, Metric

FLOOR_PER_BIN = 1e-9
"""Expected counts are clipped below at this, as in the Neural Latents Benchmark, so that one spike where a
rate is zero costs 30 bits and not infinitely many."""
_ALL = slice(None)


@dataclass(frozen=True)
class SpikeSums:
    """What bits per spike need of each trial.

    Attributes
    ----------
    log_likelihood : (trial,) float64
        Poisson log-likelihood in nats, without the term of the counts alone, which cancels.
    spikes : (trial, neuron) float64
        Number of spikes.
    n : (trial, neuron or 1) float64
        Bins in which they were counted.
    """

    log_likelihood: np.ndarray
    spikes: np.ndarray
    n: np.ndarray

    @classmethod
    def of(
        cls,
        spikes: np.ndarray,
        rates_hz: np.ndarray,
        seen: np.ndarray,
        bin_s: float,
        neurons: np.ndarray | slice = _ALL,
    ) -> SpikeSums:
        """Sum arrays (trial, time, neuron) over the bins that are seen.

        Only some `neurons`, if given, are looked at: `seen` is (trial, time, chosen neuron or 1).
        """
        of_piece = [
            cls._of_piece(spikes[piece][..., neurons], rates_hz[piece][..., neurons], seen[piece], bin_s)
            for piece in scratch.pieces(rates_hz)
        ]
        nats, counts, n = (np.concatenate(part) for part in zip(*of_piece, strict=True))
        return cls(nats, counts, n)

    @staticmethod
    def _of_piece(
        spikes: np.ndarray, rates_hz: np.ndarray, seen: np.ndarray, bin_s: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        # Steps in place: the arrays that an expression makes on its way would be most of the memory.
        expected = rates_hz.astype(float)
        expected *= bin_s
        np.maximum(expected, FLOOR_PER_BIN, out=expected)
        nats = np.log(expected)
        nats *= spikes
        nats -= expected
        nats = np.where(seen, nats, 0)
        counts = np.where(seen, spikes, 0).sum(axis=1, dtype=float)
        return nats.sum(axis=(1, 2)), counts, seen.sum(axis=1, dtype=float)

    def bits_per_spike(self, weights: np.ndarray) -> np.ndarray:
        """Give (LL of the rates - LL of a constant rate) / (spikes ln 2) of each resample.

        The constant rate of a neuron is the mean of the very spikes that are scored, so it is the best of all
        constants. NaN where there is no spike.
        """
        counts = weights @ self.spikes
        n = weights @ self.n
        with np.errstate(divide="ignore", invalid="ignore"):
            null = np.where(counts > 0, counts * np.log(counts / n) - counts, 0).sum(axis=1)
            nats_per_spike = (weights @ self.log_likelihood - null) / counts.sum(axis=1)
        return np.where(counts.any(axis=1), nats_per_spike / np.log(2), np.nan)


def bit_scores(
    spikes: np.ndarray,
    rates_hz: np.ndarray,
    true_hz: np.ndarray,
    seen: np.ndarray,
    bin_s: float,
    weights: np.ndarray,
    neurons: np.ndarray | slice = _ALL,
) -> dict[str, Estimate]:
    """Score rates by the Poisson likelihood of spikes that the method did not see (Pei et al. 2021, NLB).

    Parameters
    ----------
    spikes : (trial, time, neuron)
        Counts per bin.
    rates_hz, true_hz : (trial, time, neuron)
        Inferred and true rates in Hz; the expected count of a bin is ``rate × bin_s``.
    seen : (trial, time, held-out neuron or 1) bool
        Bins in which a neuron's spikes were recorded.
    weights : (1 + resample, trial)
        From `trial_weights`.
    neurons : (neuron,) bool, optional
        Which are held out; all of them if not given.

    Returns
    -------
    ``co_bps``: bits per spike over a constant rate. ``co_bps_share``: the same divided by what the true rates
    reach on the same spikes and in the same resample; NaN where they reach nothing.
    """
    bits = SpikeSums.of(spikes, rates_hz, seen, bin_s, neurons).bits_per_spike(weights)
    oracle = SpikeSums.of(spikes, true_hz, seen, bin_s, neurons).bits_per_spike(weights)
    share = np.divide(bits, oracle, out=np.full_like(bits, np.nan), where=oracle > 0)
    return {"co_bps": Estimate.from_resamples(bits), "co_bps_share": Estimate.from_resamples(share)}


def _co_smoothing(case: Case) -> dict[str, Estimate]:
    held_out = case.truth.held_out
    return _bits(case, case.test.seen(held_out), held_out)


def _forward_prediction(case: Case) -> dict[str, Estimate]:
    everyone = np.ones_like(case.truth.held_out)
    return {"fp_bps": _bits(case, case.test.ahead(everyone), everyone)["co_bps"]}


def _bits(case: Case, seen: np.ndarray, neurons: np.ndarray) -> dict[str, Estimate]:
    test, rates_hz = case.test, case.answered.rates_hz
    assert test.spikes is not None, "needed by the metrics"
    return bit_scores(test.spikes, rates_hz, test.rates_hz, seen, case.truth.bin_s, case.weights, neurons)


_NEEDS: frozenset[Need] = frozenset({"rates", "held_out", "spikes"})
_IGNORED_STATES = "states that the readout ignores cost nothing"

CO_SMOOTHING = Group(
    (
        Metric(
            id="co_bps",
            version=1,
            title="Co-smoothing",
            needs=_NEEDS,
            high=INF,
            unit="bit/spike",
            summary="Information that the inferred rates of held-out neurons carry about their spikes, in "
            "bits per spike over a constant rate.",
            invariant_to="the states, and the rates of held-in neurons",
            fooled_by=_IGNORED_STATES,
        ),
        Metric(
            id="co_bps_share",
            version=1,
            title="Co-smoothing, share of oracle",
            needs=_NEEDS,
            high=INF,
            summary="Co-smoothing as a share of what the true rates reach on the very same spikes.",
            invariant_to="the states, and the rates of held-in neurons",
            fooled_by=_IGNORED_STATES,
        ),
    ),
    _co_smoothing,
)
"""Prediction of the spikes of neurons that were not seen."""

FORWARD_PREDICTION = Group(
    (
        Metric(
            id="fp_bps",
            version=1,
            title="Forward prediction",
            needs=frozenset({"rates", "forward", "spikes"}),
            high=INF,
            unit="bit/spike",
            summary="Information that the inferred rates carry about the spikes of all neurons in the last "
            "bins of the test trials, which the recording hides, in bits per spike over a constant rate.",
            invariant_to="the states, and the rates in the bins that were seen",
            fooled_by="the mean course of a trial, where trials are alike; in chaotic systems a long horizon "
            "asks for what nobody can know",
        ),
    ),
    _forward_prediction,
)
"""Prediction of the spikes in bins that were not seen."""
