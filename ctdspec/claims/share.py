"""Claims that are to hold for a share of the seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ctdspec.claims.claim import Claim
from ctdspec.claims.judge import judge
from ctdspec.claims.judgement import Found, Judgement
from ctdspec.claims.verdict import Verdict
from ctdspec.metrics.bootstrap import COVERAGE

if TYPE_CHECKING:
    from ctdspec.claims.points import SweptPoint

_ROUNDING = 1e-9


def judge_share(claim: Claim, share: float, seeds: Sequence[SweptPoint], where: str = "") -> Judgement:
    """Judge whether a claim holds for at least a share of the seeds that were run.

    The claim is judged with each seed by the interval over its test trials. It holds if it holds for enough
    of them, and fails if so many fail that the undecided ones could not make up for it. The interval of the
    share, Clopper and Pearson's (1934), is of the seeds that might have been run; it decides nothing.
    """
    verdicts = [judge(claim, [point.evidence]).verdict for point in seeds]
    n, n_holds, n_fails = len(verdicts), verdicts.count("holds"), verdicts.count("fails")
    verdict: Verdict = "undecided"
    if n_holds / n >= share - _ROUNDING:
        verdict = "holds"
    elif 1 - n_fails / n < share - _ROUNDING:
        verdict = "fails"
    low, high = _share_interval(n_holds, n)
    found = Found(
        "share of seeds",
        f"at least {share:g}",
        n_holds / n,
        float("nan"),
        float("nan"),
        verdict,
        low,
        high,
        n,
    )
    why = (
        f"it holds with {n_holds} of {n} seeds, fails with {n_fails}; of all seeds that might have been run,"
        f" it holds in {100 * low:.0f} to {100 * high:.0f} %"
    )
    return Judgement.of(claim, verdict, why, (found,), where)


def _share_interval(n_holds: int, n: int) -> tuple[float, float]:
    from scipy.stats import binomtest

    interval = binomtest(n_holds, n).proportion_ci(COVERAGE, method="exact")
    return float(interval.low), float(interval.high)
