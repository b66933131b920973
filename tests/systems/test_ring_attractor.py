import numpy as np
import pytest
from pydantic import ValidationError
from scipy.optimize import brentq

from ctdspec.seeds import stream
from ctdspec.systems.flow import Flow
from ctdspec.tasks.spontaneous import Spontaneous

QUIET = {"integrator": "rk4", "noise_sd": 0.0, "steps_per_bin": 1, "burn_in_s": 0.0}


def angle(flow, states):
    return np.angle(flow.readout(states) @ [1, 1j])


def test_a_bump_stays_at_any_angle(shipped_system):
    system = shipped_system("ring_attractor", units=128, **QUIET)
    flow = Flow(system, 0.01, n_outputs=2)
    angles = np.array([0.3, -2.0, 1.1, 3.0])
    states = start = system.bumps(angles)
    assert angle(flow, start) == pytest.approx(angles, abs=1e-3)
    for _ in range(200):
        states = flow.step(states, None)
    assert angle(flow, states) == pytest.approx(angles, abs=0.01)
    assert states == pytest.approx(start, abs=0.02 * start.max())


def test_the_bump_has_the_width_and_height_of_theory(shipped_system):
    system = shipped_system("ring_attractor", units=512, **QUIET)
    uniform, tuned, current = -4.0, 6.0, 1.0
    width = brentq(lambda c: tuned * (c - np.sin(2 * c) / 2) / (2 * np.pi) - 1, 0.1, np.pi)
    fine = np.linspace(-width, width, 200_001)
    mean = np.trapezoid(np.cos(fine) - np.cos(width), fine) / (2 * np.pi)
    height = -current / (np.cos(width) + uniform * mean)
    bump = system.bumps(np.array(0.0))
    assert bump.max() == pytest.approx(height * (1 - np.cos(width)), rel=1e-6)
    assert np.mean(bump > 0) == pytest.approx(width / np.pi, abs=2 / 512)


def test_any_start_ends_in_a_bump(shipped_system):
    system = shipped_system("ring_attractor", units=128, **QUIET)
    flow = Flow(system, 0.01, n_outputs=2)
    states = stream(0, "test").random((10, 128))
    for _ in range(300):
        states = flow.step(states, None)
    assert states == pytest.approx(system.bumps(angle(flow, states)), abs=0.02 * states.max())


def test_the_bump_follows_an_angular_velocity(shipped_system):
    system = shipped_system("ring_attractor", units=128, **QUIET)
    flow = Flow(system, 0.01, 1, 2)
    states = system.bumps(np.zeros(3))
    for _ in range(100):
        states = flow.step(states, np.array([[1.0], [-0.5], [0.0]]))
    assert angle(flow, states) == pytest.approx([1.0, -0.5, 0.0], abs=0.01)


def test_noise_moves_the_bump_along_the_ring(shipped_system):
    system = shipped_system("ring_attractor", burn_in_s=0.0)
    flow, rng = Flow(system, 0.01, n_outputs=2), stream(0, "test")
    states, spread = system.bumps(np.zeros(500)), []
    for _ in range(40):
        states = flow.step(states, None, rng.standard_normal((500, *flow.noise_shape)))
        spread.append(angle(flow, states).var())
    # Diffusion: the variance of the angle doubles with time; it is known to 6 % (one standard error).
    assert spread[39] / spread[19] == pytest.approx(2, rel=0.3)


def test_without_inhibition_there_is_no_bump(shipped_system, task):
    # -cos θc / mean of [cos θ - cos θc]₊ over the ring, with θc = 1.30266
    assert -np.cos(1.30266) * np.pi / (np.sin(1.30266) - 1.30266 * np.cos(1.30266)) == pytest.approx(
        -1.344, abs=1e-3
    )
    with pytest.raises(ValidationError, match=r"uniform \(0\.5\) must be below -1\.344"):
        shipped_system("ring_attractor", uniform=0.5)
    with pytest.raises(ValueError, match="takes one input, an angular velocity, and gives two outputs"):
        shipped_system("ring_attractor").ensure_serves(task)
    shipped_system("ring_attractor").ensure_serves(Spontaneous(kind="spontaneous", trial_s=1.0, bin_s=0.01))
