"""Poisson clicks, judged by the law of Poisson, by sums over it, and by clicks followed one by one."""

import numpy as np
import pytest
from scipy.stats import chi2, poisson

from ctdspec.seeds import stream
from ctdspec.tasks.poisson_clicks import Adaptation, PoissonClicks

CLICKS = {
    "kind": "poisson_clicks", "trial_s": 1.2, "bin_s": 0.01, "fixation_s": 0.1, "shortest_stimulus_s": 0.3,
    "decision_s": 0.1, "grace_s": 0.02, "rate_hz": 40.0, "log_ratios": [0.25, 1.0, 2.0],
    "correct_side": "higher_rate", "input_noise_sd": 0.0,
}  # fmt: skip


def clicks(**changes):
    return PoissonClicks(**CLICKS | changes)


def test_clicks_are_poisson_at_the_rates_of_their_condition():
    task = clicks()
    trials = task.sample(6000, stream(1, "test"))
    seconds = (trials.epochs["stimulus"].stop - trials.epochs["stimulus"].start) * 0.01
    counts = trials.stimulus[..., 1:].sum(axis=1)
    for condition, name in enumerate(task.condition_names):
        side, ratio = name.split()
        these = trials.condition == condition
        high, low = 40 * np.exp(float(ratio)) / (1 + np.exp(float(ratio))), 40 / (1 + np.exp(float(ratio)))
        for channel, rate in enumerate((high, low) if side == "left" else (low, high)):
            expected = rate * seconds[these]
            # ±5 s.d.: a rate that is off by 10 % is found with power over 0.99.
            assert abs((counts[these, channel] - expected).sum()) < 5 * np.sqrt(expected.sum())
            # The index of dispersion: a Fano factor of 1.25 or of 0.8 is found with power 0.9.
            dispersion = ((counts[these, channel] - expected) ** 2 / expected).sum()
            assert 1e-4 < chi2.cdf(dispersion, these.sum()) < 1 - 1e-4


def test_the_right_choice_is_the_side_of_the_higher_rate():
    task = clicks()
    trials = task.sample(500, stream(2, "test"))
    right = np.array([name.startswith("right") for name in task.condition_names])[trials.condition]
    chosen = np.nanmax(np.where(trials.scored, trials.targets, np.nan)[..., 0], axis=1)
    np.testing.assert_array_equal(chosen, np.where(right, 1, -1))


def test_or_the_side_that_clicked_more_and_ties_are_not_asked():
    task = clicks(correct_side="more_clicks", rate_hz=8.0)
    trials = task.sample(2000, stream(3, "test"))
    more = [int(np.sign(trial[:, 2].sum() - trial[:, 1].sum())) for trial in trials.stimulus]
    assert more.count(0) > 100
    perfect = np.array(more)[:, None, None] * np.ones(trials.targets.shape)
    accuracy = task.accuracy(perfect, trials)
    np.testing.assert_array_equal(np.isnan(accuracy), np.array(more) == 0)
    np.testing.assert_array_equal(accuracy[np.array(more) != 0], 1)
    assert task.ideal_accuracy() == 1


def share_right(rate_hz, ratio, seconds):
    """Sum the probabilities of all pairs of counts, with half of those of the ties."""
    n = np.arange(200)
    high = poisson.pmf(n, rate_hz * seconds * np.exp(ratio) / (1 + np.exp(ratio)))
    low = poisson.pmf(n, rate_hz * seconds / (1 + np.exp(ratio)))
    pairs = np.outer(high, low)
    return np.tril(pairs, -1).sum() + 0.5 * np.trace(pairs)


def test_the_ideal_accuracy_is_the_sum_over_all_counts():
    found = clicks().ideal_accuracy()
    expected = np.mean([share_right(40, g, bins * 0.01) for g in (0.25, 1, 2) for bins in range(30, 101)])
    assert found == pytest.approx(expected, abs=1e-9)
    assert 0.8 < found < 0.99


def test_an_observer_who_counts_reaches_the_ideal_and_one_who_misses_half_does_not():
    task = clicks(input_noise_sd=0.1)
    trials = task.sample(20_000, stream(4, "test"))
    rng = stream(5, "test")
    heard = np.round(trials.inputs[..., 1:])  # noise of 0.1 hides no click
    half = rng.binomial(np.maximum(heard, 0).astype(int), 0.5)
    sd = 0.5 / np.sqrt(20_000)

    def share(counts):
        difference = np.diff(counts.sum(axis=1))[:, 0]
        choice = np.where(difference == 0, rng.choice([-1, 1], 20_000), np.sign(difference))
        return task.accuracy(choice[:, None, None] * np.ones(trials.targets.shape), trials).mean()

    # Four s.d. are 1.4 %: an ideal that is off by 2 % is found with power 0.95.
    assert share(heard) == pytest.approx(task.ideal_accuracy(), abs=4 * sd)
    assert share(half) < task.ideal_accuracy() - 4 * sd


def followed_one_by_one(counts, per_click, recovery_s, bin_s):
    """Follow the effect of a click through one trial (time, side), by the solution of its equation."""
    effect, effects = 1.0, np.zeros(len(counts))
    for time, count in enumerate(counts.sum(axis=1).astype(int)):
        if time > 0:
            effect = 1 + (effect - 1) * np.exp(-bin_s / recovery_s)
        for _ in range(count):
            effects[time] += effect
            effect *= per_click
    total = np.maximum(counts.sum(axis=1), 1)
    return effects[:, None] * counts / total[:, None]


@pytest.mark.parametrize("per_click", [0.0, 0.2, 0.9, 1.0])
def test_adaptation_follows_the_clicks_one_by_one(per_click):
    adapted = clicks(rate_hz=80.0, adaptation={"per_click": per_click, "recovery_s": 0.1})
    trials = adapted.sample(30, stream(6, "test"))
    assert (trials.stimulus[..., 1:].sum(axis=2) > 1).any()
    for trial in range(30):
        expected = followed_one_by_one(trials.stimulus[trial, :, 1:], per_click, 0.1, 0.01)
        np.testing.assert_allclose(trials.inputs[trial, :, 1:], expected, atol=1e-5)
    plain = clicks(rate_hz=80.0).sample(30, stream(6, "test"))
    np.testing.assert_array_equal(plain.stimulus, trials.stimulus)
    assert np.array_equal(plain.inputs, trials.inputs) == (per_click == 1)


def test_regular_clicks_settle_at_the_effect_of_the_closed_form():
    regular = np.zeros((1, 400, 2), int)
    regular[0, ::5, 0] = 1
    effects = Adaptation(per_click=0.3, recovery_s=0.08).effects(regular, 0.01)
    kept = np.exp(-0.05 / 0.08)
    assert effects[0, 395, 0] == pytest.approx((1 - kept) / (1 - 0.3 * kept))
    assert not effects[..., 1].any()


def test_events_are_the_bins_with_clicks():
    task = clicks(rate_hz=100.0)
    trials = task.sample(20, stream(7, "test"))
    events = task.events(trials.stimulus)
    assert set(events) == {"stimulus_start", "go", "click_left", "click_right"}
    np.testing.assert_array_equal(events["click_left"].happens, trials.stimulus[..., 1] >= 1)
    np.testing.assert_array_equal(events["click_right"].happens, trials.stimulus[..., 2] >= 1)
