from importlib.util import find_spec

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from ctdspec.arm import activation, arm
from ctdspec.arm.activation import activation_rates
from ctdspec.arm.arm import (
    ACTIVATIONS,
    ANGLES,
    HIGHEST_RAD,
    SKELETON,
    VELOCITIES,
    arm_accelerations,
    arm_step,
    resting_arm,
)
from ctdspec.arm.muscles import SIX_MUSCLES

BIN_S = 0.01


def course(start, drive, steps):
    body, bins = resting_arm(start), []
    for excitations in drive:
        body = arm_step(body, excitations, BIN_S / steps, steps)
        bins.append(body)
    return np.array(bins)


def exact_course(start, drive, sharpness):
    """Give the course by SciPy's integrator."""

    def field(_, flat, excitations):
        body = flat.reshape(len(start), 10)
        slopes = activation_rates(body[:, ACTIVATIONS], excitations, sharpness)
        slopes *= excitations - body[:, ACTIVATIONS]
        return np.concatenate([body[:, VELOCITIES], arm_accelerations(body), slopes], axis=1).ravel()

    body, bins = resting_arm(start).ravel(), []
    for excitations in drive:
        solved = solve_ivp(field, (0, BIN_S), body, "DOP853", args=(excitations,), rtol=1e-9, atol=1e-11)
        body = solved.y[:, -1]
        bins.append(body.reshape(len(start), 10))
    return np.array(bins)


def test_courses_are_those_of_motornet(judge, their_muscles, monkeypatch):
    monkeypatch.setattr(arm, "muscles_like", lambda _: their_muscles)
    found = exact_course(judge["start"], judge["drive"], sharpness=1e9)
    assert np.ptp(found[..., ANGLES], axis=0).max() > 0.02, "the arms move"
    np.testing.assert_allclose(found[..., ANGLES], judge["course"][..., ANGLES], atol=1e-5)
    np.testing.assert_allclose(found[..., VELOCITIES], judge["course"][..., VELOCITIES], atol=1e-4)
    np.testing.assert_allclose(found[..., ACTIVATIONS], judge["course"][..., ACTIVATIONS], atol=1e-5)


def test_steps_converge_to_the_course_with_order_one(judge):
    exact = exact_course(judge["start"], judge["drive"], activation.SHARPNESS)
    errors = [np.abs(course(judge["start"], judge["drive"], n) - exact).max() for n in (8, 16, 32)]
    assert errors[2] < 0.01
    np.testing.assert_allclose(np.divide(errors[:2], errors[1:]), 2, atol=0.15)


def test_an_arm_whose_torques_cancel_stays_where_it_is():
    angles = np.array([[1.0, 1.4]])
    active, passive = SIX_MUSCLES.force_parts_n(SIX_MUSCLES.lengths_m(angles), np.zeros((1, 6)))
    arms = SIX_MUSCLES.moment_arms_m(angles)[0]
    # Activations from the null space of the moment arms, less what cancels the passive torques.
    pull = arms * active
    _, _, rows = np.linalg.svd(pull)
    needed = -np.linalg.pinv(pull) @ (arms @ passive[0])
    null = rows[2:]
    share = null.T @ (null @ np.full(6, 0.4)) + needed
    assert ((share > 0) & (share < 1)).all()
    body = np.concatenate([angles, np.zeros((1, 2)), share[None]], axis=1)
    np.testing.assert_allclose(arm_accelerations(body), 0, atol=1e-10)
    np.testing.assert_allclose(arm_step(body, share[None], 0.005, 40), body, atol=1e-10)


def test_joints_stop_at_their_ends():
    start = resting_arm(np.array([[1.0, 2.65]]))
    start[0, 3] = 5.0
    ended = arm_step(start, np.zeros((1, 6)), 0.005, 3)
    assert ended[0, 1] == pytest.approx(HIGHEST_RAD[1])
    assert ended[0, 3] == 0


def test_a_push_moves_the_hand_its_way():
    start = np.repeat([[1.0, 1.4]], 4, axis=0)
    turn = np.arange(4) * np.pi / 2
    force_n = 2 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    pushed = arm_step(resting_arm(start), np.zeros((4, 6)), 0.002, 25, force_n)
    moved = SKELETON.hand(pushed[:, ANGLES]) - SKELETON.hand(
        arm_step(resting_arm(start), np.zeros((4, 6)), 0.002, 25)[:, ANGLES]
    )
    assert ((moved * force_n).sum(axis=1) > 0).all()


@pytest.mark.skipif(find_spec("torch") is None, reason="gradients need PyTorch")
def test_gradients_of_pytorch_are_complex_steps():
    import torch

    rng = np.random.default_rng(0)
    body = np.concatenate(
        [rng.uniform(0.6, 1.8, (3, 2)), rng.standard_normal((3, 2)), rng.uniform(0.1, 0.6, (3, 6))], axis=1
    )
    drive, h = rng.uniform(0, 1, (3, 6)), 1e-30
    expected = np.stack(
        [arm_step(body + 1j * h * row, drive, 0.005, 2).imag / h for row in np.eye(10)], axis=2
    )
    states = torch.tensor(body, requires_grad=True)
    after = arm_step(states, torch.tensor(drive), 0.005, 2)
    np.testing.assert_allclose(after.detach().numpy(), arm_step(body, drive, 0.005, 2), atol=1e-12)
    for column in range(10):
        (row,) = torch.autograd.grad(after[:, column].sum(), states, retain_graph=True)
        np.testing.assert_allclose(row.numpy(), expected[:, column], rtol=1e-9, atol=1e-10)


@pytest.mark.skipif(find_spec("motornet") is None, reason="MotorNet is not installed")
def test_the_stored_values_are_what_motornet_says(judge):
    from runpy import run_path

    found = run_path(str(__file__).replace("test_arm.py", "motornet_values.py"))["values"]()
    for name, values in judge.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-6, atol=1e-7)
