"""Which methods can be told apart."""

import itertools

import numpy as np
import pytest
from scipy import stats

from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.comparison import Comparison
from ctdspec.results.groups import LEVEL, compare_all, places

RESAMPLES = 400


def estimate(values: np.ndarray, weights: np.ndarray) -> Estimate:
    """The mean over trials, and its resamples."""
    return Estimate.from_resamples(np.concatenate([[values.mean()], weights @ values / len(values)]))


def weights(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES).astype(float)


def comparisons(apart: set[tuple[str, str]], names: str) -> dict:
    unknown = Estimate(0, 0, 0)
    return {
        pair: Comparison(unknown, 0, 0.0 if pair in apart or pair[::-1] in apart else 1.0)
        for pair in itertools.combinations(names, 2)
    }


@pytest.mark.parametrize(
    ("apart", "letters"),
    [
        (set(), {"a": "a", "b": "a", "c": "a"}),
        ({("a", "b"), ("a", "c"), ("b", "c")}, {"a": "a", "b": "b", "c": "c"}),
        ({("a", "c")}, {"a": "a", "b": "a b", "c": "b"}),
        ({("a", "b"), ("a", "c")}, {"a": "a", "b": "b", "c": "b"}),
    ],
)
def test_letters_of_three(apart, letters):
    """By hand: who shares a letter cannot be told apart, and who does not can."""
    found = places("abc", comparisons(apart, "abc"))
    assert {name: place.groups for name, place in found.items()} == letters


def test_letters_say_just_who_can_be_told_apart():
    """Any pattern of differences is shown as it is (100 random ones of seven methods)."""
    rng, names = np.random.default_rng(0), "abcdefg"
    for _ in range(100):
        pairs = list(itertools.combinations(names, 2))
        apart = {pair for pair in pairs if rng.random() < rng.random()}
        found = places(names, comparisons(apart, names))
        for first, second in pairs:
            shared = set(found[first].groups.split()) & set(found[second].groups.split())
            assert (not shared) == ((first, second) in apart)


def test_ranks_count_who_is_better_by_more_than_chance():
    found = places("abcd", comparisons({("a", "c"), ("a", "d"), ("b", "d")}, "abcd"))
    assert [found[name].rank for name in "abcd"] == [1, 1, 2, 3]


def test_equal_methods_are_rarely_told_apart():
    """Five methods of equal expectation, 200 times: some pair is told apart in at most 5 %, by Holm's method.

    More than 22 of 200 would happen once in a thousand were it 5 %; without correction it would be some 40.
    """
    rng, n_trials, false = np.random.default_rng(1), 60, 0
    for _ in range(200):
        common, own = rng.standard_normal(n_trials), rng.standard_normal((5, n_trials))
        draws = weights(rng, n_trials)
        found = compare_all({str(k): estimate(common + values, draws) for k, values in enumerate(own)})
        false += any(comparison.p_holm < LEVEL for comparison in found.values())
    assert false <= 22


def test_many_methods_can_be_told_apart():
    """Beyond ten methods a bootstrap's own least p-value, corrected, would never be below the level."""
    rng, n_trials = np.random.default_rng(2), 60
    draws, noise = weights(rng, n_trials), rng.standard_normal((20, n_trials))
    found = compare_all({str(k): estimate(2.0 * k + noise[k], draws) for k in range(20)})
    assert all(comparison.p_holm < LEVEL for comparison in found.values())


def test_far_tails_are_those_of_a_paired_test():
    """Beside a paired t-test: the same power of ten, where the bootstrap itself knows no smaller p-value."""
    rng, n_trials = np.random.default_rng(3), 400
    first, second = 0.4 + rng.standard_normal(n_trials), rng.standard_normal(n_trials)
    draws = weights(rng, n_trials)
    found = compare_all({"a": estimate(first, draws), "b": estimate(second, draws)})["a", "b"]
    judged = stats.ttest_rel(first, second).pvalue
    assert judged < 1e-6
    assert abs(np.log10(found.p) - np.log10(judged)) < 1.0


def test_what_is_equal_has_no_difference():
    rng = np.random.default_rng(4)
    same = estimate(rng.standard_normal(30), weights(rng, 30))
    assert compare_all({"a": same, "b": same})["a", "b"].p_holm == 1.0
