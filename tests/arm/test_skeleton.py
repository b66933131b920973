import numpy as np
import pytest
from scipy.integrate import solve_ivp

from ctdspec.arm.skeleton import Skeleton

ARM = Skeleton()


def points(n):
    rng = np.random.default_rng(1)
    return rng.uniform([-0.5, 0.1], [2.4, 2.7], (n, 2)), 3 * rng.standard_normal((n, 2))


def test_hand_and_accelerations_are_those_of_motornet(judge):
    angles, velocities = judge["angles"], judge["velocities"]
    np.testing.assert_allclose(ARM.hand(angles), judge["hand"], atol=1e-6)
    np.testing.assert_allclose(ARM.hand_velocity(angles, velocities), judge["hand_velocity"], atol=1e-6)
    pushed = judge["torques"] + ARM.torques_of_hand_force(angles, judge["force_n"])
    found = ARM.accelerations(angles, velocities, pushed)
    np.testing.assert_allclose(found, judge["accelerations"], rtol=1e-6, atol=1e-5)


def test_torques_invert_accelerations():
    angles, velocities = points(50)
    wanted = np.random.default_rng(2).standard_normal((50, 2))
    torques = ARM.torques(angles, velocities, wanted)
    np.testing.assert_allclose(ARM.accelerations(angles, velocities, torques), wanted, atol=1e-12)


def test_angles_invert_the_place_of_the_hand():
    angles, _ = points(200)
    np.testing.assert_allclose(ARM.angles_at(ARM.hand(angles)), angles, atol=1e-7)


def test_velocity_of_the_hand_is_the_derivative_of_its_place():
    angles, velocities = points(50)
    h = 1e-30
    moved = ARM.hand(angles + 1j * h * velocities).imag / h
    np.testing.assert_allclose(ARM.hand_velocity(angles, velocities), moved, atol=1e-14)


def test_a_force_on_the_hand_does_the_work_that_its_torques_do():
    angles, velocities = points(50)
    force_n = np.random.default_rng(3).standard_normal((50, 2))
    power = (ARM.torques_of_hand_force(angles, force_n) * velocities).sum(axis=1)
    np.testing.assert_allclose(power, (force_n * ARM.hand_velocity(angles, velocities)).sum(axis=1))


@pytest.mark.parametrize("damping_n_m_s", [0.0, 0.05])
def test_energy_is_kept_without_friction_and_lost_with_it(damping_n_m_s):
    arm = Skeleton(damping_n_m_s=damping_n_m_s)

    def field(_, state):
        return np.concatenate([state[2:], arm.accelerations(state[:2], state[2:], np.zeros(2))])

    start = np.array([0.3, 0.7, 2.0, -5.0])
    course = solve_ivp(field, (0, 2), start, rtol=1e-10, atol=1e-12, dense_output=True)
    energy = [float(arm.kinetic_energy_j(s[:2], s[2:])) for s in course.sol(np.linspace(0, 2, 20)).T]
    if damping_n_m_s:
        assert (np.diff(energy) < 0).all()
    else:
        np.testing.assert_allclose(energy, energy[0], rtol=1e-8)


def test_no_angles_reach_too_far():
    with np.errstate(invalid="ignore"):
        assert np.isnan(ARM.angles_at(np.array([0.0, 0.65])[None])).any()
