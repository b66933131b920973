"""Reaches as muscle activity, judged by running the arm forward, by SciPy's optimiser, and by hand."""

import numpy as np
import pytest
from pydantic import ValidationError

from ctdspec.arm.muscles import SIX_MUSCLES
from ctdspec.arm.skeleton import Skeleton
from ctdspec.errors import UsageError
from ctdspec.resources import shipped
from ctdspec.seeds import stream
from ctdspec.spec.load import load
from ctdspec.tasks._muscle_reach_activity import least_activity
from ctdspec.tasks._muscle_reach_arm import joint_motion, muscle_activity
from ctdspec.tasks.muscle_reach import MuscleReach

ARM = Skeleton()


def reaching(**changes):
    declared = load(shipped("specs") / "tasks/muscle_reach.yaml")[0].plain()
    return MuscleReach(**declared | changes)


def forward(angles, activity_at, end_s, dt_s=0.002):
    """Move arms that rest at angles (arm, joint) by their muscles, by the classical Runge–Kutta method."""

    def derivative(state, time_s):
        q, dq = state[:, :2], state[:, 2:]
        forces = SIX_MUSCLES.forces_n(
            activity_at(time_s), SIX_MUSCLES.lengths_m(q), SIX_MUSCLES.velocities_m_s(q, dq)
        )
        return np.concatenate([dq, ARM.accelerations(q, dq, SIX_MUSCLES.torques(q, forces))], axis=1)

    state = np.concatenate([angles, np.zeros_like(angles)], axis=1)
    hands = [ARM.hand(angles)]
    for time_s in np.arange(round(end_s / dt_s)) * dt_s:
        a = derivative(state, time_s)
        b = derivative(state + dt_s / 2 * a, time_s + dt_s / 2)
        c = derivative(state + dt_s / 2 * b, time_s + dt_s / 2)
        d = derivative(state + dt_s * c, time_s + dt_s)
        state = state + dt_s / 6 * (a + 2 * b + 2 * c + d)
        hands.append(ARM.hand(state[:, :2]))
    return np.stack(hands, axis=1)


def test_the_activity_moves_the_arm_along_the_path():
    task = reaching()
    reaches, end_s = task.reaches, task.reaches.movement_s
    fine_s = np.arange(round(end_s / 0.001) + 1) * 0.001
    motion = reaches.motion(fine_s)
    activity = muscle_activity(motion, task.tonic)
    hands = forward(joint_motion(motion)[0][:, 0], lambda time_s: activity[:, round(time_s / 0.001)], end_s)
    away_m = np.linalg.norm(hands - motion.position[:, ::2], axis=2)
    assert away_m.max() < 0.0005, "12 cm reaches, half a millimetre"


def test_the_targets_are_this_activity_in_bins():
    task = reaching()
    trials = task.sample(81, stream(0, "test"))
    first = np.array([np.flatnonzero(trials.condition == reach)[0] for reach in range(27)])
    starts = trials.epochs["movement"].start[first]
    activity = trials.targets[first] * task.peaks
    moving = np.stack([row[start : start + 41] for row, start in zip(activity, starts, strict=True)])
    bins_s = np.arange(41) * task.bin_s
    home = np.array([[task.reaches.home_x_m, task.reaches.home_y_m]])
    angles = np.repeat(ARM.angles_at(home), 27, axis=0)

    def between_bins(time_s):
        return np.array([[np.interp(time_s, bins_s, a) for a in reach.T] for reach in moving])

    ends = forward(angles, between_bins, task.reaches.movement_s)[:, -1]
    wanted = home + 0.12 * np.array([[np.cos(a), np.sin(a)] for a in task.reaches.targets_rad])
    # Ten milliseconds are coarse for open-loop control; the hand still ends within 2.5 % of the way.
    assert np.linalg.norm(ends - wanted, axis=1).max() < 0.003


def test_paths_are_straight_or_bow_to_their_side_and_rest_at_both_ends():
    reaches = reaching().reaches
    motion = reaches.motion(np.linspace(-0.1, 0.5, 601))
    travelled = motion.position - motion.position[:, :1]
    for number, name in enumerate(reaches.names):
        angle = np.deg2rad(float(name[:3]))
        along = travelled[number] @ [np.cos(angle), np.sin(angle)]
        across = travelled[number] @ [-np.sin(angle), np.cos(angle)]
        bow = {"straight": 0, "left": 0.03, "right": -0.03}[name[4:]]
        assert along[-1] == pytest.approx(0.12)
        assert across[np.argmin(np.abs(along - 0.06))] == pytest.approx(bow, abs=1e-4)
        assert across[-1] == pytest.approx(0, abs=1e-12)
    assert not motion.velocity[:, [0, -1]].any()
    numerical = np.gradient(motion.position, 0.001, axis=1)
    np.testing.assert_allclose(motion.velocity[:, 1:-1], numerical[:, 1:-1], atol=2e-4)
    # Second differences of a jerk that jumps at both ends of the movement.
    numerical = np.gradient(motion.velocity, 0.001, axis=1)
    np.testing.assert_allclose(motion.acceleration[:, 1:-1], numerical[:, 1:-1], atol=0.04)
    start = motion.velocity[np.arange(27), np.argmax(np.abs(motion.velocity).sum(2) > 0, axis=1) + 1]
    angle = np.arctan2(start[:, 1], start[:, 0])
    assert np.cos(angle - reaches.starts_rad).min() > 0.9999


def test_static_optimisation_agrees_with_the_optimiser_of_scipy():
    from scipy.optimize import LinearConstraint, minimize

    rng = stream(1, "test")
    strength = 30 * rng.standard_normal((12, 2, 6))
    torque = np.einsum("ijm,im->ij", strength, rng.uniform(0.02, 1, (12, 6)))
    found = least_activity(strength, torque, 0.02)
    np.testing.assert_allclose(np.einsum("ijm,im->ij", strength, found), torque, atol=1e-7)
    for number in range(12):
        judge = minimize(
            lambda a: a @ a / 2, np.full(6, 0.5), jac=lambda a: a, bounds=[(0.02, 1)] * 6, method="SLSQP",
            constraints=LinearConstraint(strength[number], torque[number], torque[number]),
            options={"ftol": 1e-12, "maxiter": 500},
        )  # fmt: skip
        assert judge.success
        np.testing.assert_allclose(found[number], judge.x, atol=1e-5)


def test_what_an_arm_cannot_do_is_said():
    far, fast = ({"distance_m": 0.4}, {"movement_s": 0.05})
    for change, message in ((far, "farther than the arm reaches"), (fast, "slower or shorter reaches")):
        task = reaching(reaches=reaching().reaches.model_dump() | change)
        with pytest.raises(UsageError, match=message):
            task.sample(1, stream(2, "test"))


def test_every_reach_has_every_delay_before_any_comes_again():
    task = reaching()
    trials = task.sample(2 * 81, stream(3, "test"))
    delay = trials.epochs["preparation"].stop - trials.epochs["preparation"].start
    assert set(delay) == {30, 50, 70}
    for half in (slice(0, 81), slice(81, 162)):
        assert len(set(zip(trials.condition[half], delay[half], strict=True))) == 81
    held = ["040_left", "200_right"]
    seen = reaching(held_back=held).sample(75, stream(4, "test")).condition
    assert {task.condition_names[number] for number in seen} == set(task.condition_names) - set(held)


def test_inputs_say_which_reach_it_is_until_the_go_cue():
    task = reaching()
    trials = task.sample(81, stream(5, "test"))
    assert task.input_names[-2:] == ("hold", "go")
    for name, span in trials.epochs.items():
        inside = trials.inputs[span.bins(160)]
        assert inside[:, -2].all() == (name == "preparation")
        assert inside[:, :-1].any() == (name == "preparation")
    go = trials.epochs["preparation"].stop
    np.testing.assert_array_equal(trials.inputs[..., -1].argmax(axis=1), go)
    assert (trials.inputs[..., -1].sum(axis=1) == 10).all()
    code = trials.inputs[np.arange(81), go - 1, :14]
    straight = np.char.endswith(np.array(task.condition_names), "straight")[trials.condition]
    np.testing.assert_allclose(code[straight, :7], code[straight, 7:], atol=1e-6)
    to_the_right = trials.condition == task.condition_names.index("000_straight")
    np.testing.assert_allclose(code[to_the_right, 0], 1, atol=1e-6)
    assert code.min() >= 0
    events = task.events(trials.stimulus)
    np.testing.assert_array_equal(np.nonzero(events["go"].happens)[1], go)
    np.testing.assert_array_equal(np.nonzero(events["reach_shown"].happens)[1], np.full(81, 10))


def test_the_delay_only_moves_the_activity():
    task = reaching()
    trials = task.sample(81, stream(6, "test"))
    start = trials.epochs["movement"].start
    for reach in range(27):
        rows = np.flatnonzero(trials.condition == reach)
        moved = [trials.targets[row, start[row] - 20 : start[row] + 50] for row in rows]
        np.testing.assert_array_equal(moved[0], moved[1])
        np.testing.assert_array_equal(moved[0], moved[2])
        assert not np.diff(moved[0][:20], axis=0).any(), "at rest before the movement"
        assert not np.diff(moved[0][61:], axis=0).any(), "and after it"
    assert trials.targets.max() == pytest.approx(1, abs=1e-6)
    assert trials.targets.min() > 0


def test_accuracy_is_the_share_of_the_variance():
    task = reaching()
    trials = task.sample(81, stream(7, "test"))
    constant = np.broadcast_to(trials.targets.mean(axis=(0, 1)), trials.targets.shape)
    np.testing.assert_array_equal(task.accuracy(trials.targets, trials), 1)
    assert task.accuracy(constant, trials).mean() == pytest.approx(0, abs=1e-5)
    halfway = (trials.targets + constant) / 2
    assert task.accuracy(halfway, trials).mean() == pytest.approx(0.75, abs=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"held_back": ["040_lef"]}, "there is no reach '040_lef'; did you mean '040_left'"),
        ({"held_back": ["040_left", "040_left"]}, "listed twice"),
        ({"held_back": list(reaching().condition_names)}, "every reach is held back"),
        ({"delays_s": [0.3, 0.304]}, "two delays are equally many bins"),
        ({"delays_s": [0.001]}, "must last a bin"),
        ({"trial_s": 1.2}, "the longest delay, reaction_s and the movement take 1.35 s"),
    ],
)
def test_what_makes_no_sense_is_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        reaching(**changes)
