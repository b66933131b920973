"""The fifteen tasks, judged by a subject who sees one trial at a time and follows the words of the papers."""

import sys
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from ctdspec.seeds import stream

sys.path.append(str(Path(__file__).parent))
from multitask_subject import (
    CUED,
    FIELDS,
    MATCHING,
    RULES,
    answer_of,
    answers_to,
    multitask,
    of_rule,
    stimuli_of,
)


@pytest.fixture(scope="module")
def trials():
    return multitask().sample(1500, stream(0, "test"))


def test_targets_and_what_counts_are_what_a_subject_makes_of_the_stimulus(trials):
    for trial, valid in enumerate(trials.valid):
        answer, go = answer_of(trials.stimulus[trial, valid])
        np.testing.assert_allclose(trials.targets[trial, valid], answer, atol=2e-6)
        counts = [t >= 5 and not go <= t < go + 5 for t in range(valid.sum())]
        np.testing.assert_array_equal(trials.scored[trial, valid], np.repeat(counts, 3).reshape(-1, 3))
        assert trials.epochs["response"].start[trial] == go


def test_who_knows_the_rules_is_right_in_every_trial(trials):
    outputs = answers_to(trials, lambda shown: answer_of(shown)[0])
    np.testing.assert_array_equal(multitask().accuracy(outputs, trials), 1)


def test_who_always_follows_the_first_stimulus_is_right_only_where_that_is_the_rule(trials):
    def subject(shown):
        rule = RULES[int(np.argmax(shown[0, 5:]))]
        stimuli = stimuli_of(shown)
        go = np.flatnonzero(shown[:, 0] == 0)[0] if rule in CUED else stimuli[-1][0]
        answer = np.tile([1.0, 0, 0], (len(shown), 1))
        answer[go:] = [0, np.cos(stimuli[0][1]), np.sin(stimuli[0][1])]
        return answer

    task = multitask()
    by_rule = task.by_condition(task.accuracy(answers_to(trials, subject), trials), trials.condition)
    assert list(by_rule) == RULES
    for rule in ("DelayPro", "MemoryPro", "ReactPro"):
        assert by_rule[rule] == 1
    for rule in ("DelayAnti", "MemoryAnti", "ReactAnti", "NonMatch2Sample"):
        assert by_rule[rule] <= 0.02
    assert by_rule["MatchCatAnti"] <= 0.15  # two directions beside a border are near enough
    # 100 trials each: half of them, less or more five standard errors.
    for rule in ("IntMod1", "IntMod2", "ContextIntMod1", "ContextIntMod2", "Match2Sample"):
        assert by_rule[rule] == pytest.approx(0.5, abs=0.25)


@pytest.mark.parametrize(("error_deg", "right"), [(35.9, 1), (-35.9, 1), (36.1, 0), (-36.1, 0), (180, 0)])
def test_a_response_may_be_36_degrees_off(trials, error_deg, right):
    turn = np.deg2rad(error_deg)
    outputs = np.nan_to_num(trials.targets).astype(float)
    outputs[..., 1:] = outputs[..., 1:] @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    responds = np.nanmin(trials.targets[..., 0], axis=1) == 0
    accuracy = multitask().accuracy(0.3 * outputs + [0.6, 0, 0] * (outputs[..., :1] > 0.5), trials)
    np.testing.assert_array_equal(accuracy[responds], right)
    np.testing.assert_array_equal(accuracy[~responds], 1)


def test_fixation_must_be_held_in_every_bin_that_counts_and_be_given_up_to_respond(trials):
    task = multitask()
    right = np.nan_to_num(trials.targets)
    blink = right.copy()
    blink[np.arange(len(trials)), trials.epochs["response"].start - 1, 0] = 0.49
    assert not task.accuracy(blink, trials).any()
    unscored = right.copy()
    unscored[:, :5, 0] = 0
    np.testing.assert_array_equal(task.accuracy(unscored, trials), 1)
    stuck = right.copy()
    stuck[..., 0] = 1
    responds = np.nanmin(trials.targets[..., 0], axis=1) == 0
    np.testing.assert_array_equal(task.accuracy(stuck, trials), ~responds)
    assert not task.accuracy(np.zeros_like(right), trials).any()


def test_a_response_where_none_is_asked_is_wrong_in_any_direction(trials):
    task = multitask()
    silent = np.flatnonzero(np.nanmin(trials.targets[..., 0], axis=1) == 1)
    assert len(silent) > 100
    for direction in ([1, 0], [-1, 0], [0, -1], [0.7, -0.7]):
        outputs = np.nan_to_num(trials.targets)
        outputs[..., 1:] += np.array(direction) * trials.epochs["response"].bins(320)[..., None]
        assert not task.accuracy(outputs, trials)[silent].any()


def test_no_response_is_never_right_for_a_target_at_angle_zero():
    # With two directions half a step from 0 the anti response lies at 90° and 270°; turn the trials to 0.
    task = multitask(rules=["DelayPro"], stimuli=FIELDS["stimuli"] | {"directions": 2})
    trials = task.sample(50, stream(1, "test"))
    trials.targets[..., 1:] = np.abs(trials.targets[..., :0:-1])
    outputs = np.nan_to_num(trials.targets)
    np.testing.assert_array_equal(task.accuracy(outputs, trials), 1)
    outputs[..., 1:] = 0
    assert not task.accuracy(outputs, trials).any()


@pytest.mark.parametrize("rule", MATCHING)
def test_matching_tasks_ask_to_fixate_until_the_second_stimulus_and_beyond_it_without_a_match(trials, rule):
    mine = of_rule(trials, rule)
    before = np.arange(320) < trials.epochs["response"].start[mine, None]
    assert (trials.targets[mine][before] == [1, 0, 0]).all()
    after = trials.epochs["response"].bins(320)[mine]
    fixation = trials.targets[mine, :, 0]
    silent = np.array([(fixation[i, bins] == 1).all() for i, bins in enumerate(after)])
    # 100 trials: half, less or more five standard errors.
    assert silent.mean() == pytest.approx(0.5, abs=0.25)
    assert (fixation[~silent][after[~silent]] == 0).all()


def test_names_of_rules_are_those_of_their_inputs_and_conditions(trials):
    task = multitask()
    assert (len(task.input_names), len(task.output_names)) == (20, 3)
    assert task.input_names[5:] == tuple(f"rule_{name}" for name in RULES)
    assert task.condition_names == tuple(RULES)
    np.testing.assert_array_equal(np.argmax(trials.stimulus[:, 0, 5:], axis=1), trials.condition)
    assert (trials.stimulus[..., 5:].sum(axis=2) == trials.valid).all()


def test_a_subset_keeps_inputs_and_names_and_comes_in_rounds():
    task = multitask(rules=["MatchCatAnti", "DelayPro"])
    trials = task.sample(101, stream(4, "test"))
    assert task.input_names == multitask().input_names
    assert set(trials.condition) == {0, 14}
    rounds = trials.condition[:100].reshape(50, 2)
    assert (np.sort(rounds, axis=1) == [0, 14]).all()
    assert 5 < (rounds[:, 0] == 0).sum() < 45
    accuracy = task.accuracy(np.nan_to_num(trials.targets), trials)
    assert task.by_condition(accuracy, trials.condition) == {"DelayPro": 1, "MatchCatAnti": 1}


def test_equal_streams_give_equal_trials_and_shapes_are_those_of_every_task(trials):
    again = multitask().sample(1500, stream(0, "test"))
    np.testing.assert_array_equal(again.inputs, trials.inputs)
    for array, channels in ((trials.stimulus, 20), (trials.inputs, 20), (trials.targets, 3)):
        assert array.shape == (1500, 320, channels)
        assert array.dtype == np.float32
        assert array.flags.c_contiguous
    assert trials.scored.shape == (1500, 320, 3)
    assert trials.valid[:, 0].all()
    assert len(multitask().sample(0, stream(0, "test"))) == 0


def test_trials_that_are_cut_before_their_response_are_nan():
    task = multitask()
    trials = task.sample(300, stream(5, "test"), n_bins=90)
    assert trials.inputs.shape == (300, 90, 20)
    accuracy = task.accuracy(np.nan_to_num(trials.targets), trials)
    responded = (trials.epochs["response"].bins(90) & trials.scored[..., 0]).any(axis=1)
    assert 30 < responded.sum() < 270
    np.testing.assert_array_equal(accuracy, np.where(responded, 1, np.nan))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rules": ["DelayPro", "DelayPro"]}, "must not be listed twice"),
        ({"rules": []}, "at least 1 item"),
        ({"rules": ["DelayPru"]}, "Input should be 'DelayPro'"),
        ({"trial_s": 6.38}, r"durations_s.decision: the phases may last 6.4 s together, longer than"),
        ({"reaction_s": 0.3}, r"durations_s.delay.response: must always be longer than reaction_s \(0.3\)"),
        ({"durations_s": FIELDS["durations_s"] | {"react": {"context": [0.0, 1], "response": [0.3, 1]}}},
         r"durations_s.react.context: must last a bin \(0.02 s\) at least"),
        ({"durations_s": FIELDS["durations_s"] | {"react": {"context": [2, 1], "response": [0.3, 1]}}},
         "the least, 2, must not be above the most, 1"),
        ({"stimuli": FIELDS["stimuli"] | {"directions": 7}}, "multiple of 2"),
        ({"stimuli": FIELDS["stimuli"] | {"coherences": [0.1, 0.1]}}, "coherence must not be listed twice"),
        ({"stimuli": FIELDS["stimuli"] | {"strength": [0.32, 1]}},
         r"the largest coherence \(0.32\) must be below the least strength \(0.32\)"),
    ],
)  # fmt: skip
def test_specs_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        multitask(**changes)
