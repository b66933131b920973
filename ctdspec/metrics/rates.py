"""How well rates are recovered."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.case import Case, Need
from ctdspec.metrics.explained import TrialSums, median_r2, pooled_r2
from ctdspec.metrics.log_rates import log_rates, mean_rates
from ctdspec.metrics.metric import Group, Metric


def rate_scores(
    true_hz: np.ndarray,
    rates_hz: np.ndarray,
    valid: np.ndarray,
    weights: np.ndarray,
    held_out: np.ndarray | None = None,
) -> dict[str, Estimate]:
    """Score rates, or their logarithms, against the true ones, without any fit.

    Parameters
    ----------
    true_hz, rates_hz : (trial, time, neuron)
        Both in Hz, or both logarithms.
    valid : (trial, time) bool
    weights : (1 + resample, trial)
        From `trial_weights`.
    held_out : (neuron,) bool, optional
        Neurons that are hidden in the test split.

    Returns
    -------
    ``rate_r2``: pooled over neurons, weighted by their variance; the same for the ``rate_r2_held_in`` and the
    ``rate_r2_held_out`` neurons, if there are any. ``rate_r2_median``: median over all neurons.
    """
    sums = TrialSums.of(true_hz, rates_hz, valid)
    found = {"rate_r2": pooled_r2(sums, weights), "rate_r2_median": median_r2(sums, weights)}
    if held_out is not None:
        for part, chosen in (("held_in", ~held_out), ("held_out", held_out)):
            if chosen.any():
                found[f"rate_r2_{part}"] = pooled_r2(sums.columns(chosen), weights)
    return found


def _rate_scores(case: Case) -> dict[str, Estimate]:
    test = case.test
    return rate_scores(test.rates_hz, case.answered.rates_hz, test.valid, case.weights, case.truth.held_out)


def _log_rate_scores(case: Case) -> dict[str, Estimate]:
    test = case.test
    mean_hz = mean_rates(test.rates_hz, test.valid)
    true, inferred = (log_rates(rates, mean_hz) for rates in (test.rates_hz, case.answered.rates_hz))
    found = rate_scores(true, inferred, test.valid, case.weights, case.truth.held_out)
    return {f"log_{name}": estimate for name, estimate in found.items()}


def _variants(name: str, title: str, what: str, invariant_to: str, fooled_by: str) -> Iterator[Metric]:
    """Describe the same R² for all neurons, for the median one, and for the two groups apart."""
    unfitted = f"Share of the true {what} variance that the inferred ones explain without any fit"
    parts: list[tuple[str, str, frozenset[Need], str, str]] = [
        ("", "", frozenset({"rates"}), "neurons weighted by their variance", fooled_by),
        (
            "_median",
            ", median neuron",
            frozenset({"rates"}),
            "for the median neuron",
            "half of the neurons may be arbitrarily wrong",
        ),
        ("_held_in", ", held-in neurons", frozenset({"rates"}), "for the neurons that were seen", fooled_by),
        (
            "_held_out",
            ", held-out neurons",
            frozenset({"rates", "held_out"}),
            "for the neurons that were hidden",
            fooled_by,
        ),
    ]
    for suffix, subtitle, needs, summary, fooled in parts:
        yield Metric(
            id=name + suffix,
            version=1,
            title=title + subtitle,
            needs=needs,
            summary=f"{unfitted}, {summary}.",
            invariant_to=invariant_to,
            fooled_by=f"{fooled}; states are not looked at",
        )


RATES = Group(
    (*_variants("rate_r2", "Rate R²", "rates'", "nothing", "neurons with high rates decide it"),),
    _rate_scores,
)
"""Recovery of the rates in Hz."""

LOG_RATES = Group(
    (
        *_variants(
            "log_rate_r2",
            "Log-rate R²",
            "log-rates'",
            "what happens below a hundredth of a neuron's mean rate",
            "neurons of wide range decide it, and silence as much as bursts",
        ),
    ),
    _log_rate_scores,
)
"""Recovery of the logarithms of the rates."""
