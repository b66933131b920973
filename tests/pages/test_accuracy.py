"""How often the system is right, judged by hand and by SciPy."""

import numpy as np
import pytest
from scipy import stats

from ctdspec.pages.accuracy import EVERY, mean_interval, read_accuracy
from ctdspec.store.truth import open_truth


@pytest.mark.parametrize("n_right", [0, 1, 30, 59, 60])
def test_the_interval_of_a_share_is_that_of_wilson(n_right):
    values = np.repeat([1.0, 0.0], [n_right, 60 - n_right])
    expected = stats.binomtest(n_right, 60).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose(mean_interval(values), expected, atol=1e-6)


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution():
    values = np.random.default_rng(0).uniform(0.5, 1, 50)
    expected = stats.norm.interval(0.95, values.mean(), values.std() / np.sqrt(50))
    np.testing.assert_allclose(mean_interval(values), expected, atol=1e-6)


def test_all_trials_of_a_flip_flop_are_judged_bin_by_bin(make):
    made = make(with_task=True)
    truth = open_truth(made.folder.truth)
    shares = []
    for trial in range(truth.sizes["trial"]):
        right = []
        for t in np.flatnonzero(truth["valid"].values[trial]):
            scored = truth["scored"].values[trial, t]
            same = np.sign(truth["outputs"].values[trial, t]) == truth["targets"].values[trial, t]
            if scored.any():
                right.append(same[scored].all())
        shares.append(np.mean(right))
    (row,) = read_accuracy(made.folder, made.benchmark)
    assert (row.name, row.n_trials) == (EVERY, 12)
    assert row.mean == pytest.approx(np.mean(shares), abs=1e-6)
    assert row.low < row.mean < row.high


def test_a_system_that_is_asked_nothing_has_no_accuracy(make):
    made = make()
    assert read_accuracy(made.folder, made.benchmark) == []
