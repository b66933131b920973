import numpy as np
import pytest

from ctdspec.arm.arm import N_BODY, SKELETON, arm_step, resting_arm
from ctdspec.benchmark import load
from ctdspec.spec.problem import SpecError

BODY = load("random_target").system.body
START = np.array([[0.0, 0.4], [0.1, 0.5]])
NO_INPUT, NO_COMMAND = np.zeros((2, 6)), np.zeros((2, 6))


def test_a_body_at_rest_is_where_it_is_put():
    states = BODY.at_rest(START)
    assert states.shape == (2, BODY.n_states)
    np.testing.assert_allclose(BODY.outputs(states), START, atol=1e-12)
    np.testing.assert_array_equal(BODY.effort(states), 0)
    np.testing.assert_array_equal(BODY.measure(states)["hand_velocity"], 0)
    assert {name: len(what.columns) for name, what in BODY.measurements.items()} == {
        name: values.shape[1] for name, values in BODY.measure(states).items()
    }


def test_what_is_seen_and_felt_comes_as_late_as_declared():
    states, bins = BODY.at_rest(START), []
    commands = np.array([[4.0, 0, 4, 0, 4, 0], [0, 4.0, 0, 4, 0, 4]])
    for _ in range(12):
        signals = BODY.signals(states, NO_INPUT, None)
        bins.append((signals[:, 4:16], signals[:, 16:], BODY.outputs(states), states[:, :N_BODY]))
        states = BODY.step(states, commands, NO_INPUT, None, 0.01)
    felt, seen, hand, arm = map(np.array, zip(*bins, strict=True))
    # Signals of bin t are of the body at the end of bin t − delay, that is the start of bin t + 1 − delay.
    late = BODY.seen_delay_bins - 1
    np.testing.assert_allclose(seen[late:], (hand[: len(hand) - late] - [0, 0.42]) / 0.1, atol=1e-12)
    assert np.abs(np.diff(seen[: late + 2], axis=0)).max() < 1e-12 + np.abs(np.diff(seen, axis=0)).max()
    late = BODY.felt_delay_bins - 1
    expected = [BODY.at_rest(BODY.outputs(now)) for now in arm]
    lengths = np.array([body[:, N_BODY : N_BODY + 6] for body in expected])
    np.testing.assert_allclose(felt[late:, :, :6], 5 * lengths[: len(lengths) - late], atol=1e-9)


def test_the_step_is_that_of_the_arm_under_logistic_excitations_and_the_push():
    rng = np.random.default_rng(0)
    commands, inputs = rng.standard_normal((2, 6)), rng.standard_normal((2, 6))
    stepped = BODY.step(BODY.at_rest(START), commands, inputs, None, 0.01)
    excitations = 1 / (1 + np.exp(2 - commands))
    arm = resting_arm(SKELETON.angles_at(START))
    np.testing.assert_allclose(
        stepped[:, :N_BODY], arm_step(arm, excitations, 0.005, 2, inputs[:, 4:]), atol=1e-12
    )


def test_noise_has_the_declared_size_in_every_signal():
    rng, states = np.random.default_rng(0), np.repeat(BODY.at_rest(START[:1]), 20_000, axis=0)
    noise = rng.standard_normal((20_000, BODY.n_noises))
    inputs = np.zeros((20_000, 6))
    noisy = BODY.signals(states, inputs, noise) - BODY.signals(states, inputs, None)
    np.testing.assert_array_equal(noisy[:, :4], 0)
    # 20 000 draws: the standard error of a standard deviation is 0.5 %.
    np.testing.assert_allclose(noisy[:, 4:16].std(axis=0), 5 * BODY.felt_noise_sd, rtol=0.025)
    np.testing.assert_allclose(noisy[:, 16:].std(axis=0), BODY.seen_noise_sd_m / 0.1, rtol=0.025)


def test_a_target_is_seen_where_a_hand_would_be():
    states = BODY.at_rest(START)
    shown = np.concatenate([START, np.ones((2, 1)), np.zeros((2, 3))], axis=1)
    signals = BODY.signals(states, shown, None)
    np.testing.assert_allclose(signals[:, :2], signals[:, 16:])


@pytest.mark.parametrize(
    ("task", "system", "message"),
    [
        (
            "flip_flop",
            "random_target_noisy_gru",
            "body of kind 'two_joint_arm' reaches: the task 'flip_flop'",
        ),
        (
            "random_target",
            "random_target_noisy_gru, training: {regularisers: {rates: 0.1}}",
            "regularisers.rates takes a body's states",
        ),
        (
            "flip_flop",
            "flip_flop_noisy_gru, training: {regularisers: {effort: 0.1}}",
            "regularisers.effort needs a body",
        ),
    ],
)
def test_what_does_not_fit_a_body_is_refused(tmp_path, task, system, message):
    spec = tmp_path / "wrong.yaml"
    spec.write_text(
        "ctdspec: 1\nkind: benchmark\nname: wrong\ntitle: What does not fit\nseed: 0\n"
        f"task: {{use: tasks/{task}}}\nsystem: {{use: systems/{system}}}\n"
        "observation: {use: observations/cortex}\ntrials: {train: 4, val: 2, test: 2}\n"
        "data_models: []\nmetrics: [rate_r2]\n"
    )
    with pytest.raises(SpecError, match=message):
        load(spec)
