import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import kstest

from ctdspec.arm.arm import SKELETON
from ctdspec.benchmark import load
from ctdspec.tasks.random_target import REACH_INPUTS, RandomTarget

TASK = load("random_target").task
CIRCLE = {"targets": 8, "distance_m": 0.1}


def changed(**changes) -> RandomTarget:
    return RandomTarget.model_validate(TASK.model_dump(exclude_none=True) | changes)


@pytest.fixture(scope="module")
def trials():
    return TASK.sample(4000, np.random.default_rng(0))


def test_phases_follow_each_other_with_the_declared_lengths(trials):
    hold, delay, reach = (trials.epochs[name] for name in ("hold", "delay", "reach"))
    reached = trials.condition == 0
    assert (hold.stop == delay.start).all()
    assert (delay.stop == reach.start).all()
    assert (reach.stop == TASK.n_bins).all()
    assert set(np.unique(hold.stop)) == set(range(10, 31))
    assert set(np.unique((delay.stop - delay.start)[reached])) == set(range(10, 51))
    assert (delay.stop[~reached] == TASK.n_bins).all()
    # 4000 trials: the standard error of the share is 0.006.
    assert np.mean(~reached) == pytest.approx(0.2, abs=0.025)


def test_the_stimulus_says_where_and_when(trials):
    shown = trials.epochs["delay"].bins(TASK.n_bins) | trials.epochs["reach"].bins(TASK.n_bins)
    told = trials.epochs["reach"].bins(TASK.n_bins)
    np.testing.assert_array_equal(trials.stimulus[..., REACH_INPUTS.index("target_on")], shown)
    np.testing.assert_array_equal(trials.stimulus[..., REACH_INPUTS.index("go")], told)
    target = trials.stimulus[..., :2]
    assert (target[~shown] == 0).all()
    last = target[:, -1]
    np.testing.assert_array_equal(target[shown], np.repeat(last, shown.sum(axis=1), axis=0))
    events = TASK.events(trials.stimulus)
    np.testing.assert_array_equal(events["target_on"].happens.sum(axis=1), 1)
    np.testing.assert_array_equal(events["go_cue"].happens.argmax(axis=1) > 0, trials.condition == 0)


def test_the_hand_is_asked_to_stay_then_to_be_at_the_target(trials):
    told = trials.epochs["reach"].bins(TASK.n_bins)
    asked = trials.scored.all(axis=2)
    np.testing.assert_array_equal(asked, ~np.isnan(trials.targets).any(axis=2))
    start = np.broadcast_to(trials.start[:, None], trials.targets.shape)
    np.testing.assert_array_equal(trials.targets[~told], start[~told])
    went = trials.condition == 0
    np.testing.assert_array_equal(trials.targets[went, -1], trials.stimulus[went, -1, :2])
    np.testing.assert_array_equal((told & ~asked).sum(axis=1)[went], round(TASK.reach_s / TASK.bin_s))


def test_starts_and_targets_are_uniform_in_the_angles(trials):
    for places in (trials.start, trials.stimulus[:, -1, :2]):
        degrees = np.degrees(SKELETON.angles_at(places.astype(float)))
        for joint, (low, high) in enumerate((TASK.shoulder_deg, TASK.elbow_deg)):
            # 4000 draws: a wrong range by 3 % is found in nearly every draw; fixed seed.
            assert kstest(degrees[:, joint], "uniform", (low, high - low)).pvalue > 1e-3


def test_bumps_are_as_declared_and_hidden_in_nothing_that_is_seen(trials):
    force_n = np.linalg.norm(trials.stimulus[..., 4:], axis=2)
    pushed = force_n > 0
    bump = trials.epochs["bump"]
    np.testing.assert_array_equal(pushed, bump.bins(TASK.n_bins))
    assert set(pushed.sum(axis=1)) == {0, 10}
    some = pushed.any(axis=1)
    assert some.mean() == pytest.approx(0.5, abs=0.03)
    assert (bump.start[some].min(), bump.start[some].max()) == (20, 110)
    size = force_n.max(axis=1)[some]
    assert 1 <= size.min() < 1.05
    assert 3.95 < size.max() <= 4 * (1 + 1e-6)
    np.testing.assert_array_equal(trials.inputs[..., 4:], trials.stimulus[..., 4:])


def test_noise_is_on_what_is_seen(trials):
    noise = trials.inputs - trials.stimulus
    shown = trials.stimulus[..., 2] == 1
    assert (noise[..., :2][~shown] == 0).all()
    assert noise[..., :2][shown].std() == pytest.approx(TASK.target_noise_sd_m, rel=0.01)
    assert noise[..., 2:4].std() == pytest.approx(TASK.cue_noise_sd, rel=0.01)


def test_the_end_counts_and_is_judged_by_the_kind_of_trial(trials):
    outputs = np.full(trials.targets.shape, 7.0)
    wrong_m = np.where(trials.condition == 0, 0.009, 0.02)[:, None] * [0.6, 0.8]
    outputs[:, -10:] = trials.targets[:, -10:] + wrong_m[:, None]
    np.testing.assert_allclose(TASK.end_errors_m(outputs, trials), np.linalg.norm(wrong_m, axis=1), rtol=1e-4)
    assert TASK.accuracy(outputs, trials).all()
    outputs[:, -10:] += wrong_m[:, None]
    assert not TASK.accuracy(outputs, trials).any()


def test_centre_out_has_targets_on_a_circle():
    task = changed(centre_out=CIRCLE)
    trials = task.sample(500, np.random.default_rng(0))
    assert len(np.unique(trials.start, axis=0)) == 1
    went = trials.condition < 8
    away = trials.stimulus[went, -1, :2] - trials.start[went]
    np.testing.assert_allclose(np.linalg.norm(away, axis=1), 0.1, rtol=1e-5)
    turn = np.degrees(np.arctan2(away[:, 1], away[:, 0])) % 360
    np.testing.assert_allclose(turn % 360, 45 * trials.condition[went], atol=1e-2)
    assert len(np.unique(trials.condition)) == 9 == len(task.condition_names)


def test_a_target_that_goes_leaves_with_the_go_cue():
    trials = changed(target_stays=False).sample(50, np.random.default_rng(0))
    seen = trials.stimulus[..., 2] == 1
    np.testing.assert_array_equal(seen, trials.epochs["delay"].bins(TASK.n_bins))
    assert not np.isnan(trials.targets[:, -1]).any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reach_s": 0.9}, "trial_s"),
        ({"elbow_deg": (60, 170)}, "elbow_deg"),
        ({"elbow_deg": (90, 60)}, "must not exceed"),
        ({"hold_s": (-0.1, 0.1)}, "negative"),
        ({"centre_out": {"targets": 8, "distance_m": 0.5}}, "reach every target"),
        ({"bumps": TASK.bumps.model_dump() | {"window_s": (0.2, 2.0)}}, "window_s"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        changed(**changes)
