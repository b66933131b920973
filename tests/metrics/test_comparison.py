import numpy as np
import pytest

from ctdspec.errors import UsageError
from ctdspec.metrics.bootstrap import Estimate, trial_weights
from ctdspec.metrics.comparison import compare, compare_across, holm
from ctdspec.metrics.over_seeds import over_seeds


def mean_of(values, seed=0, n_resamples=2000):
    weights = trial_weights(len(values), np.random.default_rng(seed), n_resamples)
    return Estimate.from_resamples(weights @ values / len(values))


def test_holm_agrees_with_a_worked_example():
    # p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") of R.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1, 1]
    assert holm([]) == []
    assert holm([0.01, float("nan"), 0.02]) == pytest.approx([0.02, float("nan"), 0.02], nan_ok=True)


def test_pairing_sees_what_intervals_hide():
    rng = np.random.default_rng(1)
    trials = rng.normal(0, 1, 100)
    better = trials + 0.05 + rng.normal(0, 0.1, 100)
    first, second = mean_of(better), mean_of(trials)
    assert first.low < second.high
    found = compare(first, second)
    assert found.difference.low > 0
    assert found.p < 0.01
    assert compare(second, first).difference.value == -found.difference.value
    assert compare(first, first).p == 1


def test_equal_methods_are_found_different_as_often_as_said():
    # 400 comparisons at the 5 % level: 20 +- 4.4 false alarms; 36 or more means that it is broken.
    rng = np.random.default_rng(2)
    alarms = 0
    for index in range(400):
        values = rng.normal(0, 1, (2, 60))
        alarms += compare(*(mean_of(value, index, 400) for value in values)).p < 0.05
    assert 8 < alarms < 36


def test_datasets_are_corrected_together():
    rng = np.random.default_rng(3)
    pairs = {
        name: (mean_of(rng.normal(shift, 1, 80)), mean_of(rng.normal(0, 1, 80)))
        for name, shift in (("easy", 1.0), ("same", 0.0), ("hard", 0.3))
    }
    found = compare_across(pairs)
    assert list(found) == ["easy", "same", "hard"]
    assert [one.p_holm for one in found.values()] == holm([one.p for one in found.values()])
    assert found["easy"].p_holm < 0.05 < found["same"].p_holm


def test_estimates_without_their_resamples_cannot_be_paired():
    bare = Estimate(1, 0, 2)
    with pytest.raises(UsageError, match="same resamples"):
        compare(bare, mean_of(np.arange(5.0)))
    with pytest.raises(UsageError, match="same resamples"):
        over_seeds([bare, mean_of(np.arange(5.0))])
    with pytest.raises(UsageError, match="at least two"):
        over_seeds([mean_of(np.arange(5.0))])


def test_seeds_and_trials_are_kept_apart():
    # 200 trials and 50 seeds with known spreads; both are known to about 10 %.
    rng = np.random.default_rng(4)
    trials, seeds = rng.normal(0, 2, 200), rng.normal(0, 0.5, 50)
    found = over_seeds([mean_of(trials + shift) for shift in seeds])
    assert found.n_seeds == 50
    assert found.mean.value == pytest.approx(trials.mean() + seeds.mean())
    assert found.seed_sd == pytest.approx(0.5, rel=0.3)
    assert found.trial_sd == pytest.approx(2 / np.sqrt(200), rel=0.2)
    assert found.total_sd == pytest.approx(np.hypot(found.seed_sd, found.trial_sd))
