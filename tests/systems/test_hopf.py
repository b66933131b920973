import numpy as np
import pytest

from ctdspec.dynamics.lyapunov import lyapunov_spectrum
from ctdspec.seeds import stream
from ctdspec.systems.flow import Flow

QUIET = {"integrator": "rk4", "noise_sd": 0.0, "steps_per_bin": 2}


@pytest.mark.parametrize("shear", [0.0, 4.0])
def test_the_cycle_turns_as_the_normal_form_says(shipped_system, shear):
    system = shipped_system("hopf", mu=0.5, shear=shear, **QUIET)
    states = start = system.start(4, stream(0, "test"))
    flow, period = Flow(system, system.known_period_s() / 100), system.known_period_s()
    assert period == pytest.approx(2 * np.pi / (4 * np.pi - shear * 0.5))
    for _ in range(25):
        states = flow.step(states, None)
    assert states == pytest.approx(np.stack([-start[:, 1], start[:, 0]], axis=-1), abs=1e-6)


@pytest.mark.parametrize(("mu", "expected"), [(1.0, [0, -2]), (-0.5, [-0.5, -0.5])])
def test_it_has_the_exponents_of_the_normal_form(shipped_system, mu, expected):
    system = shipped_system("hopf", mu=mu, **QUIET | {"burn_in_s": 20.0})
    flow = Flow(system, 0.01)
    starts = flow.initial_states(3, stream(0, "test"))
    found = lyapunov_spectrum(flow, starts, np.zeros((3, 1000, 0)), 0.01, 500, scale=1.0)
    assert system.known_exponents_hz() == pytest.approx(expected)
    assert found.exponents_hz == pytest.approx(expected, abs=1e-3)


def test_noise_spreads_the_radius_as_linear_theory_says(shipped_system):
    system = shipped_system("hopf", omega=1.0, noise_sd=0.05, steps_per_bin=2)
    states = Flow(system, 0.01).initial_states(20_000, stream(0, "test"))
    radius = np.linalg.norm(states, axis=1)
    # The radius is an Ornstein–Uhlenbeck process of rate 2: variance σ²/4. One standard error is 1 %.
    assert radius.var() == pytest.approx(0.05**2 / 4, rel=0.05)


def test_a_cycle_that_stands_still_is_made_of_fixed_points(shipped_system):
    system = shipped_system("hopf", mu=1.0, omega=2.0, shear=2.0)
    assert system.known_fixed_points() is None
    assert system.known_period_s() is None
    assert system.field(np.array([[0.6, 0.8]]), None) == pytest.approx(np.zeros((1, 2)), abs=1e-15)
