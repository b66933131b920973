"""What two-choice tasks share, judged by a loop over trials that follows the words of the task."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import chisquare

from ctdspec.resources import shipped
from ctdspec.seeds import stream
from ctdspec.spec.component import kinds
from ctdspec.spec.load import load

NAMES = ["poisson_clicks", "context_integration"]
PHASES = {"trial_s": 1.0, "bin_s": 0.02, "fixation_s": 0.1, "shortest_stimulus_s": 0.2, "decision_s": 0.3,
          "grace_s": 0.04}  # fmt: skip
FIXATION, SHORTEST, LONGEST, DECISION, GRACE = 5, 10, 30, 15, 2


def task(name, **changes):
    declared = load(shipped("specs") / f"tasks/{name}.yaml")[0].plain()
    return kinds("task")[name](**declared | PHASES | changes)


@pytest.mark.parametrize("name", NAMES)
def test_phases_follow_one_another_bin_by_bin(name):
    trials = task(name).sample(300, stream(1, "test"))
    for trial in range(300):
        fixation = trials.stimulus[trial, :, 0]
        go = int(fixation.sum())
        assert FIXATION + SHORTEST <= go <= FIXATION + LONGEST
        time = np.arange(50)
        np.testing.assert_array_equal(fixation, time < go)
        np.testing.assert_array_equal(trials.valid[trial], time < go + DECISION)
        assert not trials.stimulus[trial, :FIXATION, 1:3].any()
        assert not trials.stimulus[trial, go:, 1:3].any()
        assert not trials.inputs[trial, go + DECISION :].any()
        targets, decision = trials.targets[trial, :, 0], slice(go, go + DECISION)
        assert np.isnan(np.delete(targets, decision)).all()
        assert abs(targets[go]) == 1
        assert (targets[decision] == targets[go]).all()
        np.testing.assert_array_equal(trials.scored[trial, :, 0], (time >= go + GRACE) & trials.valid[trial])


@pytest.mark.parametrize("name", NAMES)
def test_epochs_and_events_say_where_the_phases_lie(name):
    two_choice = task(name)
    trials = two_choice.sample(100, stream(2, "test"))
    assert list(trials.epochs) == ["fixation", "stimulus", "decision"]
    where = {phase: epochs.bins(50) for phase, epochs in trials.epochs.items()}
    np.testing.assert_array_equal(sum(where.values()), trials.valid)
    np.testing.assert_array_equal(where["decision"], ~np.isnan(trials.targets[..., 0]))
    np.testing.assert_array_equal(where["fixation"] | where["stimulus"], trials.stimulus[..., 0] == 1)
    events = two_choice.events(trials.stimulus)
    for event, phase in (("stimulus_start", "stimulus"), ("go", "decision")):
        trial, time = np.nonzero(events[event].happens)
        np.testing.assert_array_equal(trial, np.arange(100))
        np.testing.assert_array_equal(time, trials.epochs[phase].start)


@pytest.mark.parametrize("name", NAMES)
def test_stimulus_lengths_and_conditions_are_equally_likely(name):
    two_choice = task(name)
    trials = two_choice.sample(8000, stream(3, "test"))
    lengths = trials.epochs["stimulus"].stop - trials.epochs["stimulus"].start
    np.testing.assert_array_equal(np.unique(lengths), two_choice.stimulus_bins)
    np.testing.assert_array_equal(two_choice.stimulus_bins, np.arange(SHORTEST, LONGEST + 1))
    # Power over 0.9 to find one length, or one condition, that comes half as often as the others.
    assert chisquare(np.bincount(lengths)[SHORTEST:]).pvalue > 1e-3
    assert chisquare(np.bincount(trials.condition, minlength=len(two_choice.condition_names))).pvalue > 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_noise_is_white_and_only_on_the_evidence(name):
    trials = task(name, input_noise_sd=0.3).sample(500, stream(4, "test"))
    noise = (trials.inputs - trials.stimulus).astype(float)
    assert not np.delete(noise, (1, 2), axis=2).any()
    drawn = noise[..., 1:3][trials.valid]
    assert drawn.std() == pytest.approx(0.3, rel=5 / np.sqrt(2 * drawn.size))
    assert drawn.mean() == pytest.approx(0, abs=5 * 0.3 / np.sqrt(drawn.size))
    assert abs((drawn[1:] * drawn[:-1]).mean()) < 5 * 0.3**2 / np.sqrt(drawn.size)
    assert abs((drawn[:, 0] * drawn[:, 1]).mean()) < 5 * 0.3**2 / np.sqrt(len(drawn))


@pytest.mark.parametrize("name", NAMES)
def test_accuracy_is_the_sign_of_the_mean_scored_output(name):
    two_choice = task(name)
    trials = two_choice.sample(60, stream(5, "test"))
    outputs = np.nan_to_num(trials.targets) * 0.1
    np.testing.assert_array_equal(two_choice.accuracy(outputs, trials), 1)
    outputs[~trials.scored] = -9 * np.sign(trials.targets[trials.scored][0])  # does not count
    np.testing.assert_array_equal(two_choice.accuracy(outputs, trials), 1)
    outputs[::2] *= -1
    np.testing.assert_array_equal(two_choice.accuracy(outputs, trials), np.arange(60) % 2)
    np.testing.assert_array_equal(two_choice.accuracy(np.zeros_like(outputs), trials), 0)


@pytest.mark.parametrize("name", NAMES)
def test_shapes_dtypes_and_equal_streams(name):
    two_choice = task(name)
    first, again = (two_choice.sample(7, stream(6, "test")) for _ in range(2))
    for array in (first.stimulus, first.inputs):
        assert array.shape == (7, 50, len(two_choice.input_names))
        assert array.dtype == np.float32
    assert first.targets.shape == first.scored.shape == (7, 50, 1)
    assert first.targets.dtype == np.float32
    np.testing.assert_array_equal(first.inputs, again.inputs)
    np.testing.assert_array_equal(first.targets, again.targets)
    assert not np.array_equal(first.inputs, two_choice.sample(7, stream(7, "test")).inputs)


@pytest.mark.parametrize("name", NAMES)
def test_fewer_bins_shorten_the_stimulus_only(name):
    two_choice = task(name)
    trials = two_choice.sample(200, stream(8, "test"), n_bins=33)
    assert trials.valid.shape == (200, 33)
    assert set(np.unique(trials.epochs["stimulus"].stop)) == set(range(15, 19))
    with pytest.raises(ValueError, match="the shortest trial has 30 bins, more than 29"):
        two_choice.sample(1, stream(8, "test"), n_bins=29)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trial_s": 0.5}, r"trial_s \(0.5\) must hold fixation_s \(0.1\), shortest_stimulus_s \(0.2\) and"),
        ({"grace_s": 0.3}, r"grace_s \(0.3\) must be shorter than decision_s \(0.3\)"),
        ({"shortest_stimulus_s": 0.001}, r"shortest_stimulus_s \(0.001\) must last a bin at least"),
    ],
)
def test_phases_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        task("poisson_clicks", **changes)
