import numpy as np
import pytest

from ctdspec.arm.activation import FALL_S, RISE_S, activate, activation_rates
from ctdspec.arm.muscles import SIX_MUSCLES, muscles_like


def test_geometry_and_forces_are_those_of_motornet(judge, their_muscles):
    angles, velocities, muscles = judge["angles"], judge["velocities"], their_muscles
    length_m, velocity_m_s = muscles.lengths_m(angles), muscles.velocities_m_s(angles, velocities)
    np.testing.assert_allclose(length_m + muscles.tendon_m, judge["path_m"], atol=1e-7)
    np.testing.assert_allclose(length_m, judge["length_m"], atol=1e-7)
    np.testing.assert_allclose(velocity_m_s, judge["path_velocity_m_s"], atol=1e-6)
    np.testing.assert_allclose(muscles.moment_arms_m(angles), judge["moment_arms_m"], atol=1e-7)
    length = length_m / muscles.optimal_m
    np.testing.assert_allclose(muscles.force_length(length), judge["force_length"], atol=2e-6)
    np.testing.assert_allclose(muscles.force_velocity(velocity_m_s / 1.5), judge["force_velocity"], atol=2e-6)
    found = muscles.forces_n(judge["activations"], length_m, velocity_m_s)
    np.testing.assert_allclose(found, judge["force_n_of_muscles"], rtol=1e-5, atol=1e-3)
    silent = muscles.forces_n(np.zeros_like(length_m), length_m, velocity_m_s) / muscles.max_force_n
    np.testing.assert_allclose(silent, judge["passive"], atol=2e-6)


def test_a_very_sharp_switch_is_that_of_motornet(judge):
    a, u = judge["activations"], judge["excitations"]
    found = activation_rates(a, u, sharpness=1e9) * (u - a)
    np.testing.assert_allclose(found, judge["activation_slopes"], rtol=1e-5)


def test_a_soft_switch_lies_between_rise_and_fall():
    a, u = np.full(5, 0.3), np.array([0.0, 0.25, 0.3, 0.35, 1.0])
    slowed = 0.5 + 1.5 * 0.3
    rates = activation_rates(a, u)
    assert (np.diff(rates) > 0).all()
    assert rates[2] == pytest.approx(0.5 * (1 / (RISE_S * slowed) + slowed / FALL_S))
    assert rates[-1] == pytest.approx(1 / (RISE_S * slowed), rel=1e-4)
    assert rates[0] == pytest.approx(slowed / FALL_S, rel=0.05)


def test_activations_never_pass_their_excitations():
    rng = np.random.default_rng(0)
    a, u = rng.uniform(0, 1, (2, 1000))
    after = activate(a, u, 0.1)
    assert ((after - a) * (u - a) >= 0).all()
    assert (np.abs(after - u) <= np.abs(a - u)).all()
    np.testing.assert_allclose((activate(a, u, 1e-9) - a) / 1e-9, activation_rates(a, u) * (u - a), rtol=1e-4)


def test_moment_arms_are_derivatives_of_lengths():
    angles, h = np.random.default_rng(0).uniform(0.2, 2.2, (20, 2)), 1e-30
    for joint in range(2):
        moved = SIX_MUSCLES.lengths_m(angles + 1j * h * np.eye(2)[joint]).imag / h
        np.testing.assert_allclose(SIX_MUSCLES.moment_arms_m(angles)[:, joint], moved, atol=1e-16)


def test_muscles_do_the_work_that_their_torques_do():
    rng = np.random.default_rng(0)
    angles, velocities = rng.uniform(0.2, 2.2, (20, 2)), rng.standard_normal((20, 2))
    forces_n = rng.uniform(0, 500, (20, 6))
    by_joints = (SIX_MUSCLES.torques(angles, forces_n) * velocities).sum(axis=1)
    by_muscles = -(forces_n * SIX_MUSCLES.velocities_m_s(angles, velocities)).sum(axis=1)
    np.testing.assert_allclose(by_joints, by_muscles)
    arms = SIX_MUSCLES.moment_arms_m(angles)
    np.testing.assert_allclose(
        SIX_MUSCLES.torques(angles, forces_n), -np.einsum("tjm,tm->tj", arms, forces_n)
    )


def test_the_curves_are_smooth_where_their_pieces_meet():
    # Published values: 1 at the optimal length and at rest; nothing outside; at most 1.2 when lengthened.
    curve, speed = SIX_MUSCLES.force_length, SIX_MUSCLES.force_velocity
    np.testing.assert_allclose(curve(np.array([0.4, 0.5, 1.0, 1.6, 1.8])), [0, 0, 1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(speed(np.array([-2.0, -1, 0, 0.2, 3])), [0, 0, 1, 1.2, 1.2], atol=1e-12)
    h = 1e-6
    for spline in (curve, speed):
        left = (spline(spline.knots) - spline(spline.knots - h)) / h
        right = (spline(spline.knots + h) - spline(spline.knots)) / h
        np.testing.assert_allclose(left, right, atol=1e-4)


def test_muscles_take_the_precision_of_what_they_are_given():
    for dtype, expected in ((np.float32, np.float32), (np.float64, np.float64), (np.complex128, np.float64)):
        muscles = muscles_like(np.zeros(3, dtype))
        assert muscles.max_force_n.dtype == muscles.force_length.knots.dtype == expected
