"""Whether the rates are in Hz."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ctdspec.checks.evidence import Evidence
from ctdspec.checks.question import Check, Question
from ctdspec.submissions.expected import Problem

PER_BIN = Question(
    "SUB-VAL-003",
    "Are the rates per second, not per bin?",
    "Rates in spikes per bin are off by the bin width: they look like a silent network, and every score that "
    "knows of units is ruined.",
    "divide spikes per bin by bin_s once, and only once",
    ("within_factor",),
)
LOGARITHMS = Question(
    "SUB-VAL-004",
    "Are these the rates, not their logarithms?",
    "Many models end in a log rate. Scored as rates, they are wrong everywhere.",
    "take np.exp of the model's output (and divide by bin_s if it was per bin)",
    ("within_factor",),
)
LEVEL = Question(
    "SUB-VAL-005",
    "Are the mean rates near those of the spikes that anyone can count?",
    "Rates that are off by a factor point to another error of units, or to rates of other neurons.",
    "compare the mean of rates_hz with spikes per second of the test recording",
    ("factor",),
)


def per_bin(evidence: Evidence, thresholds: Mapping[str, float]) -> Iterator[Problem]:
    """Find rates whose level is off by the bin width, either way."""
    rates_hz, bin_s = evidence.held_in_hz, evidence.recording.bin_s
    if rates_hz is None or evidence.spikes is None:
        return
    factor = _factor(evidence, rates_hz)
    for off, what in ((bin_s, "spikes per bin"), (1 / bin_s, "Hz that were divided by the bin width again")):
        if _near(factor / off, thresholds["within_factor"]) and not _near(
            factor, thresholds["within_factor"]
        ):
            found = f"rates {factor:.3g} times those of the spikes, as {what} would be (bin_s is {bin_s:g})"
            yield PER_BIN.problem("test/rates_hz", found, "rates in Hz")


def logarithms(evidence: Evidence, thresholds: Mapping[str, float]) -> Iterator[Problem]:
    """Find rates whose exponentials have the level of the spikes, while they have not."""
    rates, bin_s, within = evidence.held_in_hz, evidence.recording.bin_s, thresholds["within_factor"]
    if rates is None or evidence.spikes is None:
        return
    factor = _factor(evidence, rates)
    if _near(factor, within) or _near(factor / bin_s, within) or _near(factor * bin_s, within):
        return
    level = _factor(evidence, np.exp(np.minimum(rates, 50, dtype=float)))
    for off, what in ((1.0, "Hz"), (bin_s, "spikes per bin")):
        if _near(level / off, within):
            found = f"rates {factor:.3g} times those of the spikes, and exponentials that fit: log {what}"
            yield LOGARITHMS.problem("test/rates_hz", found, "rates in Hz")
            return


def level(evidence: Evidence, thresholds: Mapping[str, float]) -> Iterator[Problem]:
    """Find rates whose level is off by a factor."""
    rates_hz = evidence.held_in_hz
    if rates_hz is None or evidence.spikes is None:
        return
    factor = _factor(evidence, rates_hz)
    if np.isfinite(factor) and not _near(factor, thresholds["factor"]):
        found = f"rates {factor:.3g} times those of the spikes (median over held-in neurons)"
        yield LEVEL.problem("test/rates_hz", found, f"a factor below {thresholds['factor']:g}")


def _factor(evidence: Evidence, held_in_hz: np.ndarray) -> float:
    """Give how many times higher than measured the rates of the held-in neurons are; NaN without spikes."""
    ratios = evidence.mean_of(held_in_hz) / evidence.measured_hz
    return float(np.median(ratios[np.isfinite(ratios)])) if np.isfinite(ratios).any() else np.nan


def _near(ratio: float, factor: float) -> bool:
    return bool(1 / factor < ratio < factor)


CHECKS = (Check(PER_BIN, per_bin), Check(LOGARITHMS, logarithms), Check(LEVEL, level))
