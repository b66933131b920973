"""Judging claims by the evidence of one dataset, or of several that differ in their seed."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from ctdspec.claims.check import Check, checks
from ctdspec.claims.claim import Claim
from ctdspec.claims.evidence import Evidence, NotKnown
from ctdspec.claims.judgement import Found, Judgement
from ctdspec.claims.verdict import Verdict, agreeing, together
from ctdspec.metrics.bootstrap import COVERAGE, Estimate


def judge(claim: Claim, datasets: Sequence[Evidence], where: str = "") -> Judgement:
    """Judge a claim about one dataset; from several, which differ in their seed, by their mean.

    What it needs and does not find leaves a claim undecided. With several seeds, a claim holds (or fails) if
    it does so by the interval over test trials, for these very seeds, and by the interval over seeds.
    """
    try:
        found = [checks(claim, evidence) for evidence in datasets]
    except NotKnown as reason:
        return Judgement.of(claim, "undecided", str(reason), where=where)
    return judgement(claim, list(zip(*found, strict=True)), where)


def judgement(claim: Claim, per_check: Sequence[Sequence[Check]], where: str = "") -> Judgement:
    """Give the judgement that follows from checks which must all be so, each made with one or more seeds."""
    found = tuple(combined(same) for same in per_check)
    verdict = together(part.verdict for part in found)
    decisive = [part for part in found if part.verdict == verdict] or list(found)
    return Judgement.of(claim, verdict, "; ".join(map(str, decisive)), found, where)


def combined(same: Sequence[Check]) -> Found:
    """Combine a check that was made with several seeds, trials and seeds kept apart."""
    mean = mean_over_seeds([check.quantity for check in same])
    target, verdicts = same[0].target, list[Verdict]()
    verdicts.append(target.verdict(mean.low, mean.high))
    seeds_low = seeds_high = float("nan")
    if len(same) > 1:
        seeds_low, seeds_high = over_seeds_interval([check.quantity.value for check in same])
        verdicts.append(target.verdict(seeds_low, seeds_high))
    return Found(
        same[0].what, str(target), mean.value, mean.low, mean.high, agreeing(verdicts),
        seeds_low, seeds_high, len(same),
    )  # fmt: skip


def over_seeds_interval(values: Sequence[float]) -> tuple[float, float]:
    """Give the 95 % interval of the mean of what several seeds gave: Student's t.

    Other seeds draw other data too, so that this interval includes what the test trials contribute. NaN for
    a single seed.
    """
    from scipy.stats import t

    n = len(values)
    if n < 2:
        return float("nan"), float("nan")
    half = t.ppf((1 + COVERAGE) / 2, n - 1) * np.std(values, ddof=1) / sqrt(n)
    return float(np.mean(values) - half), float(np.mean(values) + half)


def mean_over_seeds(estimates: Sequence[Estimate]) -> Estimate:
    """Give the mean of the estimates of several seeds, whose trials are resampled independently."""
    if len(estimates) == 1:
        return estimates[0]
    resamples = [found.resamples for found in estimates if found.resamples is not None]
    value = np.mean([found.value for found in estimates])
    return Estimate.from_resamples(np.concatenate([[value], np.mean(resamples, axis=0)]))
