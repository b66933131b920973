"""The flip-flop, judged by binomial bounds and by a loop over bins that follows the words of the task."""

import numpy as np
import pytest
from pydantic import ValidationError

from ctdspec.seeds import stream
from ctdspec.tasks.flip_flop import FlipFlop

CANONICAL = {
    "kind": "flip_flop", "bits": 3, "trial_s": 5.0, "bin_s": 0.01, "pulse_probability": 0.01,
    "quiet_s": 0.03, "input_noise_sd": 0.15, "switch_mask_bins": 4,
}  # fmt: skip


def flip_flop(**changes):
    return FlipFlop(**CANONICAL | changes)


def remembered_bin_by_bin(stimulus, mask_bins):
    """Follow one channel: the target is the last pulse's sign, and a switch hides itself and what follows."""
    target, hidden = np.nan, 0
    targets, scored = [], []
    for pulse in stimulus:
        if pulse != 0 and pulse != target:
            target, hidden = pulse, mask_bins
        targets.append(target)
        scored.append(hidden == 0 and not np.isnan(target))
        hidden = max(hidden - 1, 0)
    return targets, scored


@pytest.mark.parametrize("mask_bins", [0, 1, 4, 60, 1000])
@pytest.mark.parametrize("probability", [0.002, 0.05, 0.5])
def test_targets_and_mask_follow_the_pulses_bin_by_bin(probability, mask_bins):
    task = flip_flop(pulse_probability=probability, switch_mask_bins=mask_bins, quiet_s=0.0)
    trials = task.sample(15, stream(1, "test"), n_bins=120)
    for trial in range(15):
        for bit in range(3):
            targets, scored = remembered_bin_by_bin(trials.stimulus[trial, :, bit], mask_bins)
            np.testing.assert_array_equal(trials.targets[trial, :, bit], targets)
            np.testing.assert_array_equal(trials.scored[trial, :, bit], scored)


def test_the_mask_starts_in_the_bin_of_the_switch():
    trials = flip_flop().sample(200, stream(2, "test"))
    before = trials.targets[:, :-1]
    switch = (trials.targets[:, 1:] != before) & ~np.isnan(before)
    trial, time, bit = np.nonzero(switch[:, :-4])
    assert len(trial) > 1000
    for later in range(4):
        assert not trials.scored[trial, time + 1 + later, bit].any()
    unmasked = trials.scored[trial, time + 5, bit]
    switched_again = np.array(
        [switch[i, t + 1 : t + 5, k].any() for i, t, k in zip(trial, time, bit, strict=True)]
    )
    np.testing.assert_array_equal(unmasked, ~switched_again)


@pytest.mark.parametrize("probability", [0.0001, 0.01, 0.2, 0.5])
def test_each_sign_has_the_probability_that_was_asked(probability):
    trials = flip_flop(pulse_probability=probability).sample(600, stream(3, "test"))
    pulses = trials.stimulus[:, 3:]
    # Bounds of ±5 s.d. of the binomial: a probability that is off by 3 % at 0.01 is found with power 0.9.
    for sign in (1, -1):
        sd = np.sqrt(pulses.size * probability * (1 - probability))
        assert abs((pulses == sign).sum() - pulses.size * probability) <= 5 * sd
    assert set(np.unique(pulses)) <= {-1, 0, 1}


def test_channels_bins_and_trials_are_independent():
    pulses = np.abs(flip_flop(pulse_probability=0.05).sample(400, stream(4, "test")).stimulus[:, 3:])
    centred = pulses - 0.1
    bound = 5 / np.sqrt(centred[..., 0].size)  # 5 s.d. of a correlation of independent bins
    assert abs((centred[..., 0] * centred[..., 1]).mean() / 0.09) < bound
    assert abs((centred[:, 1:, 0] * centred[:, :-1, 0]).mean() / 0.09) < bound
    assert abs((centred[1:, :, 0] * centred[:-1, :, 0]).mean() / 0.09) < bound


def test_the_quiet_time_has_noise_but_no_pulses():
    trials = flip_flop(pulse_probability=0.5).sample(50, stream(5, "test"))
    assert not trials.stimulus[:, :3].any()
    assert trials.stimulus[:, 3].all()
    assert np.isnan(trials.targets[:, :3]).all()
    assert trials.inputs[:, :3].std() == pytest.approx(0.15, rel=0.1)


def test_the_noise_is_white_and_only_on_the_inputs():
    trials = flip_flop().sample(300, stream(6, "test"))
    noise = (trials.inputs - trials.stimulus).astype(float)
    assert noise.mean() == pytest.approx(0, abs=5 * 0.15 / np.sqrt(noise.size))
    assert noise.std() == pytest.approx(0.15, rel=5 / np.sqrt(2 * noise.size))
    assert abs((noise[:, 1:] * noise[:, :-1]).mean()) < 5 * 0.15**2 / np.sqrt(noise.size)


def test_shapes_and_dtypes():
    trials = flip_flop(bits=2).sample(7, stream(7, "test"), n_bins=11)
    for array in (trials.stimulus, trials.inputs, trials.targets):
        assert array.shape == (7, 11, 2)
        assert array.dtype == np.float32
        assert array.flags.c_contiguous
    assert trials.scored.shape == (7, 11, 2)
    assert trials.valid.shape == (7, 11)
    assert trials.valid.all()


def test_equal_streams_give_equal_trials():
    first, again = (flip_flop().sample(5, stream(8, "test")) for _ in range(2))
    np.testing.assert_array_equal(first.inputs, again.inputs)


def test_accuracy_is_the_share_of_bins_with_every_scored_bit_right():
    task = flip_flop(pulse_probability=0.05)
    trials = task.sample(20, stream(9, "test"))
    outputs = np.nan_to_num(trials.targets) * 0.3
    np.testing.assert_array_equal(task.accuracy(outputs, trials), 1)
    outputs[:, 250:, 1] *= -1  # one bit of three wrong is a wrong bin
    counted = trials.scored.any(axis=2)
    wrong = trials.scored[:, :, 1] & (np.arange(500) >= 250)
    expected = 1 - (counted & wrong).sum(axis=1) / counted.sum(axis=1)
    np.testing.assert_allclose(task.accuracy(outputs, trials), expected)


def test_what_is_not_scored_cannot_be_wrong():
    task = flip_flop()
    trials = task.sample(20, stream(10, "test"))
    outputs = np.where(trials.scored, trials.targets, -np.nan_to_num(trials.targets))
    np.testing.assert_array_equal(task.accuracy(outputs, trials), 1)


def test_silence_is_wrong_and_a_trial_without_pulses_is_nan():
    task = flip_flop(pulse_probability=0.05)
    assert task.accuracy(np.zeros((3, 500, 3)), task.sample(3, stream(11, "test"))).max() == 0
    quiet = task.sample(2, stream(12, "test"), n_bins=2)
    assert np.isnan(task.accuracy(np.zeros((2, 2, 3)), quiet)).all()


def test_a_trial_must_outlast_its_quiet_time():
    with pytest.raises(ValidationError, match=r"quiet_s \(5\) must be shorter than trial_s \(5\)"):
        flip_flop(quiet_s=5.0)


def test_events_are_the_pulses_by_channel_and_sign():
    task = flip_flop(pulse_probability=0.05)
    trials = task.sample(20, stream(2, "test"))
    events = task.events(trials.stimulus)
    assert len(events) == 6
    np.testing.assert_array_equal(events["pulse_1_down"].happens, trials.stimulus[..., 1] == -1)
    rebuilt = np.stack(
        [events[f"pulse_{b}_up"].happens * 1 - events[f"pulse_{b}_down"].happens * 1 for b in range(3)],
        axis=-1,
    )
    np.testing.assert_array_equal(rebuilt, trials.stimulus)
