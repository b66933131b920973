"""What is shown in the fifteen tasks, and for how long."""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ctdspec.seeds import stream

sys.path.append(str(Path(__file__).parent))
from multitask_subject import CUED, MATCHING, RULES, multitask, of_rule, stimuli_of


@pytest.fixture(scope="module")
def trials():
    return multitask().sample(1500, stream(0, "test"))


def test_the_two_stimuli_of_a_multimodal_decision_never_tie():
    task = multitask(rules=["ContextIntMultimodal"])
    trials = task.sample(900, stream(2, "test"))
    sums = [
        np.subtract(*(strength.sum() for _, _, strength in stimuli_of(trials.stimulus[trial, valid])))
        for trial, valid in enumerate(trials.valid)
    ]
    assert np.abs(sums).min() > 0.1  # twice the least difference of two coherences
    # Every other pair of signed coherences is as likely: 30 of 36; five standard errors of each share.
    signed = [0.08, 0.16, 0.32, -0.08, -0.16, -0.32]
    possible = Counter(round(200 * (a + b)) for a in signed for b in signed if a != -b)
    found = Counter(round(100 * float(total)) for total in sums)
    assert found.keys() == possible.keys()
    for total, pairs in possible.items():
        share = pairs / 30
        assert found[total] / 900 == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / 900))


def test_fixation_ends_with_the_cue_or_stays_where_a_stimulus_is_the_cue(trials):
    in_response = trials.epochs["response"].bins(320)
    for trial, rule in enumerate(trials.condition):
        cue = trials.stimulus[trial, :, 0]
        assert (cue[in_response[trial]] == (RULES[rule] not in CUED)).all()
        assert (cue[trials.valid[trial] & ~in_response[trial]] == 1).all()


@pytest.mark.parametrize(
    ("rule", "phases"),
    [
        ("DelayAnti", {"context": (15, 35), "stimulus_1": (10, 75), "response": (15, 35)}),
        ("MemoryPro", {"context": (15, 35), "stimulus_1": (10, 80), "memory_1": (10, 80),
                       "response": (15, 35)}),
        ("ReactPro", {"context": (25, 125), "response": (15, 85)}),
        ("IntMod2", {"context": (10, 30), "stimulus_1": (10, 80), "memory_1": (10, 80),
                     "stimulus_2": (10, 80), "memory_2": (5, 15), "response": (15, 35)}),
        ("MatchCatPro", {"context": (10, 30), "stimulus_1": (10, 80), "memory_1": (10, 80),
                         "response": (15, 35)}),
    ],
)  # fmt: skip
def test_durations_are_uniform_with_both_ends(rule, phases):
    trials = multitask(rules=[rule]).sample(2000, stream(3, "test"))
    end = np.zeros(2000, int)
    for name, epochs in trials.epochs.items():
        np.testing.assert_array_equal(epochs.start, end)
        bins, end = epochs.stop - epochs.start, epochs.stop
        least, most = phases.get(name, (0, 0))
        # An end of 101 lengths is missed once in 10⁸; five standard errors of the mean of uniform integers.
        assert (bins.min(), bins.max()) == (least, most)
        spread = np.sqrt(((most - least + 1) ** 2 - 1) / 12 / 2000)
        assert bins.mean() == pytest.approx((least + most) / 2, abs=5 * spread + 1e-9)
    np.testing.assert_array_equal(trials.valid.sum(axis=1), end)


def test_stimuli_are_shown_in_their_phases_only(trials):
    shown = trials.stimulus[..., 1:5].any(axis=2)
    phases = {name: epochs.bins(320) for name, epochs in trials.epochs.items()}
    one, two, last = phases["stimulus_1"], phases["stimulus_2"], phases["response"]
    for names, bins in (
        (("DelayPro", "DelayAnti", *MATCHING), one | last),
        (("MemoryPro", "MemoryAnti"), one),
        (("ReactPro", "ReactAnti"), last),
        (tuple(rule for rule in RULES if "Int" in rule), one | two),
    ):
        mine = of_rule(trials, *names)
        np.testing.assert_array_equal(shown[mine], bins[mine])


def test_strengths_and_directions_of_decisions(trials):
    for rule in (rule for rule in RULES if "Int" in rule):
        used = np.array([rule != "IntMod2", rule != "IntMod1"])
        for trial in of_rule(trials, rule)[:100]:
            (_, first, strong), (_, second, weak) = stimuli_of(trials.stimulus[trial, trials.valid[trial]])
            assert np.cos(first - second) <= 1e-6
            np.testing.assert_array_equal(strong > 0, used)
            difference = np.abs(strong - weak)[used] / 2
            assert np.abs(difference[:, None] - [0.08, 0.16, 0.32]).min(axis=1).max() < 1e-5
            mean = (strong + weak)[used] / 2
            assert (mean >= 0.8 - 1e-6).all()
            assert (mean <= 1.2 + 1e-6).all()


def test_mismatches_are_at_least_ten_degrees_off_and_no_direction_is_on_a_border(trials):
    for rule, target in (("Match2Sample", 0.0), ("NonMatch2Sample", np.pi)):
        for trial in of_rule(trials, rule):
            (_, first, _), (_, second, _) = stimuli_of(trials.stimulus[trial, trials.valid[trial]])
            off = np.rad2deg(np.arccos(np.clip(np.cos(second - first - target), -1, 1)))
            assert off < 0.1 or off > 9.9
    for trial in of_rule(trials, "MatchCatPro", "MatchCatAnti"):
        for _, direction, _ in stimuli_of(trials.stimulus[trial, trials.valid[trial]]):
            assert abs(np.sin(direction)) > np.sin(np.pi / 33)


def test_noise_is_white_on_every_input_until_the_trial_ends(trials):
    noise = (trials.inputs - trials.stimulus).astype(float)
    assert not noise[~trials.valid].any()
    inside = noise[trials.valid]
    # Five standard errors for each of 20 inputs.
    np.testing.assert_allclose(inside.std(axis=0), 0.3, rtol=5 / np.sqrt(2 * len(inside)))
    np.testing.assert_allclose(inside.mean(axis=0), 0, atol=5 * 0.3 / np.sqrt(len(inside)))
    assert abs((inside[1:] * inside[:-1]).mean()) < 5 * 0.09 / np.sqrt(inside.size)
    assert not np.isnan(trials.targets[trials.valid]).any()
    assert np.isnan(trials.targets[~trials.valid]).all()
    assert not trials.scored[~trials.valid].any()
