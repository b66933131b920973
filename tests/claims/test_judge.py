"""Claims about datasets whose numbers are known."""

import numpy as np
import pytest
from scipy import stats

from ctdspec.claims.claim import Claim
from ctdspec.claims.judge import judge, over_seeds_interval
from ctdspec.claims.points import SweptPoint
from ctdspec.claims.share import judge_share

N = 60
RNG = np.random.default_rng(5)
SHARED = RNG.normal(size=N)
JITTER = 0.05 * RNG.normal(size=N)


def test_what_trials_share_does_not_blur_a_comparison(evidence):
    """The difference, 0.1, is far below the noise of either score and far above that of the difference."""
    found = evidence(gru=SHARED + 0.1 + JITTER, smoothing=SHARED)
    judged = judge(Claim(metric="co_bps", of="gru", above="smoothing"), [found])
    [number] = judged.found
    assert judged.verdict == "holds"
    assert number.value == pytest.approx(0.1 + JITTER.mean())
    half = 1.96 * JITTER.std() / np.sqrt(N)
    assert (number.high - number.low) / 2 == pytest.approx(half, rel=0.1)
    alone = judge(Claim(metric="co_bps", of="gru", at_least=0.0), [found])
    assert alone.verdict == "undecided"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ({"of": "gru", "above": "smoothing"}, "holds"),
        ({"of": "smoothing", "below": "gru"}, "holds"),
        ({"of": "smoothing", "above": "gru"}, "fails"),
        ({"of": "gru", "above": "smoothing", "by": 0.05}, "holds"),
        ({"of": "gru", "above": "smoothing", "by": 0.5}, "fails"),
        ({"of": "gru", "below": "twin"}, "undecided"),
        ({"order": ["best", "gru", "smoothing"]}, "holds"),
        ({"order": ["best", "smoothing", "gru"]}, "fails"),
        ({"order": ["best", "gru", "twin"]}, "undecided"),
        ({"of": "best", "equals": 10.0, "within": 1.0}, "holds"),
        ({"of": "best", "equals": 12.0, "within": 1.0}, "fails"),
        ({"of": "best", "at_most": 5.0}, "fails"),
    ],
)
def test_every_relation(evidence, claim, verdict):
    twin = SHARED + 0.1 + JITTER[::-1]
    found = evidence(gru=SHARED + 0.1 + JITTER, smoothing=SHARED, twin=twin, best=SHARED + 10)
    judged = judge(Claim(metric="co_bps", **claim), [found])
    assert judged.verdict == verdict
    assert judged.says
    assert judged.why


def test_best_is_lowest_where_lower_is_better(evidence):
    found = evidence(metric="procrustes_angle", good=SHARED, bad=SHARED + 1 + JITTER)
    assert judge(Claim(metric="procrustes_angle", order=["good", "bad"]), [found]).verdict == "holds"
    assert judge(Claim(metric="procrustes_angle", order=["bad", "good"]), [found]).verdict == "fails"


def test_facts_are_certain(evidence):
    found = evidence(facts={"fixed_points.stable": 8.0})
    for value, verdict in ((8, "holds"), (7, "fails")):
        claim = Claim(metric="fixed_points.stable", of="truth", equals=value)
        assert judge(claim, [found]).verdict == verdict


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        (
            {"metric": "fixed_points.complete", "of": "truth", "equals": 1},
            "does not say fixed_points.complete",
        ),
        ({"metric": "co_bps", "of": "lfads", "at_least": 0}, "lfads has no co_bps"),
        ({"metric": "co_bps", "of": "broken", "at_least": 0}, "not defined"),
    ],
)
def test_what_is_not_known_decides_nothing(evidence, claim, reason):
    found = evidence(gru=SHARED, broken=SHARED)
    found.rows[1]["value"] = None
    judged = judge(Claim(**claim), [found])
    assert judged.verdict == "undecided"
    assert reason in judged.why


def test_wrong_verdicts_are_as_rare_as_the_interval_promises(evidence):
    """Equal methods, 250 datasets: 2.5 % hold and 2.5 % fail; a bootstrap of 60 trials gives a bit more.

    Power: with 250 datasets, a rate of 10 % on either side would be found with probability above 0.98.
    """
    rng = np.random.default_rng(1)
    claim = Claim(metric="co_bps", of="a", above="b")
    verdicts = [
        judge(claim, [evidence(seed=seed, a=rng.normal(size=N), b=rng.normal(size=N))]).verdict
        for seed in range(250)
    ]
    for wrong in ("holds", "fails"):
        assert verdicts.count(wrong) / 250 < 0.06, wrong


def test_the_interval_over_seeds_is_students():
    values = [0.31, 0.35, 0.29, 0.4]
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert over_seeds_interval(values) == pytest.approx((expected.low, expected.high))
    assert np.isnan(over_seeds_interval([1.0])).all()


def test_seeds_that_differ_leave_open_what_trials_decide(evidence):
    claim = Claim(metric="co_bps", of="gru", at_least=0.0)
    spread = [evidence(seed, gru=JITTER + mean) for seed, mean in enumerate((0.1, 0.9, 0.2))]
    assert {judge(claim, [one]).verdict for one in spread} == {"holds"}
    together = judge(claim, spread)
    [number] = together.found
    assert number.low > 0 > number.seeds_low
    assert together.verdict == "undecided"
    alike = [evidence(seed, gru=JITTER + mean) for seed, mean in enumerate((0.3, 0.31, 0.32))]
    assert judge(claim, alike).verdict == "holds"


@pytest.mark.parametrize(
    ("means", "share", "verdict"),
    [
        ((1, 1, 1, 1), 1.0, "holds"),
        ((1, 1, 1, -1), 0.75, "holds"),
        ((1, 1, 1, -1), 0.9, "fails"),
        ((1, 1, 1, 0), 0.9, "undecided"),
        ((1, -1, -1, 0), 0.75, "fails"),
    ],
)
def test_shares_of_seeds(evidence, means, share, verdict):
    claim = Claim(metric="co_bps", of="gru", at_least=0.0, holds_in=share)
    centred = JITTER - JITTER.mean()
    points = [
        SweptPoint(f"seed_{seed}", {"seed": seed}, evidence(seed, gru=centred + mean))
        for seed, mean in enumerate(means)
    ]
    assert judge_share(claim, share, points).verdict == verdict


def test_the_interval_of_a_share_is_exact(evidence):
    """All of n: the lower end is the root of p ** n = 0.025."""
    points = [SweptPoint(str(seed), {"seed": seed}, evidence(seed, gru=JITTER + 1)) for seed in range(3)]
    [found] = judge_share(Claim(metric="co_bps", of="gru", at_least=0.0, holds_in=1.0), 1.0, points).found
    assert (found.seeds_low, found.seeds_high) == (pytest.approx(0.025 ** (1 / 3)), 1)
