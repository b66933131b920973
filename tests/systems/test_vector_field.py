"""What holds for every system that is a differential equation."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.integrate import solve_ivp

from ctdspec.dynamics.jacobian import jacobian
from ctdspec.errors import UsageError
from ctdspec.seeds import stream
from ctdspec.systems.flow import Flow
from ctdspec.tasks.flip_flop import FlipFlop
from ctdspec.tasks.spontaneous import Spontaneous

SMALL = ["lorenz", "rossler", "van_der_pol", "fitzhugh_nagumo", "hopf", "double_well", "drift_diffusion"]
UNITS = {"units": 12}
NETWORKS = {
    "ring_attractor": UNITS, "hopfield": UNITS | {"patterns": 2}, "chaotic_rate_network": UNITS,
    "lowrank_osc": UNITS | {"accept": None}, "ff_chain": UNITS, "line_attractor": UNITS,
}  # fmt: skip
ALL = {name: NETWORKS.get(name, {}) for name in [*SMALL, *NETWORKS]}
QUIET = {"noise_sd": 0.0, "burn_in_s": 0.0}
TASK = Spontaneous(kind="spontaneous", trial_s=1.0, bin_s=0.01)
PULSES = FlipFlop(
    kind="flip_flop", trial_s=1.0, bin_s=0.01, bits=3, pulse_probability=0.01, quiet_s=0.0,
    input_noise_sd=0.0, switch_mask_bins=0,
)  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_the_jacobian_is_that_of_the_steps(shipped_system, name):
    euler = {"integrator": "euler_maruyama", "steps_per_bin": 1}
    system = shipped_system(name, **ALL[name] | QUIET | euler)
    flow = system.dynamics(TASK, None)
    states = system.start(5, stream(0, "test")) + 0.01
    found = jacobian(flow, states, np.zeros((5, 0)), scale=1.0)
    expected = np.eye(system.n_latents) + flow.dt * system.jacobian(states)
    assert found == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("name", ALL)
def test_a_trajectory_is_scipys(shipped_system, name):
    system = shipped_system(name, **ALL[name] | QUIET | {"integrator": "rk4", "steps_per_bin": 20})
    flow = system.dynamics(TASK, None)
    states = start = system.start(3, stream(0, "test"))
    for _ in range(30):
        states = flow.step(states, None)
    time = 0.3 / system.time_unit_s
    for begin, end in zip(start, states, strict=True):
        judge = solve_ivp(
            lambda t, at: system.field(at[None], None)[0], (0, time), begin, "DOP853", rtol=1e-10, atol=1e-10
        )
        assert end == pytest.approx(judge.y[:, -1], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("integrator", "order"), [("rk4", 4), ("euler_maruyama", 1)])
def test_the_error_shrinks_with_the_declared_order(shipped_system, integrator, order):
    def end(method, steps):
        system = shipped_system("van_der_pol", **QUIET | {"integrator": method, "steps_per_bin": steps})
        states = np.array([[1.5, -0.5]])
        for _ in range(20):
            states = Flow(system, 0.01).step(states, None)
        return states

    steps, exact = [2, 4, 8, 16], end("rk4", 100)
    errors = [np.linalg.norm(end(integrator, n) - exact) for n in steps]
    assert np.polyfit(-np.log(steps), np.log(errors), 1)[0] == pytest.approx(order, abs=0.15)


@pytest.mark.parametrize(
    "name", ["lorenz", "rossler", "van_der_pol", "fitzhugh_nagumo", "hopf", "double_well"]
)
def test_known_fixed_points_do_not_move_and_have_the_known_eigenvalues(shipped_system, name):
    system = shipped_system(name, **QUIET | {"integrator": "rk4", "steps_per_bin": 50})
    points = system.known_fixed_points()
    flow = system.dynamics(TASK, None)
    assert flow.step(points, None) == pytest.approx(points, abs=1e-9)
    found = np.linalg.eigvals(jacobian(flow, points, np.zeros((len(points), 0)), 1.0))
    expected = np.exp(system.known_eigenvalues_hz() * 0.01)
    assert np.sort_complex(found) == pytest.approx(np.sort_complex(expected), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", [name for name in ALL if name not in ("ring_attractor", "line_attractor")])
def test_what_runs_by_itself_refuses_a_task(shipped_system, name):
    system = shipped_system(name, **ALL[name])
    system.ensure_serves(TASK)
    with pytest.raises(ValueError, match=r"use kind: spontaneous|has 3 inputs"):
        system.ensure_serves(PULSES)


def test_time_is_in_seconds(shipped_system):
    flow = shipped_system("lorenz").dynamics(TASK, None)
    assert flow.dt_s * 4 == pytest.approx(0.01)
    assert flow.dt * 4 == pytest.approx(0.01 / 0.25)


def test_noise_needs_an_integrator_that_takes_it(shipped_system):
    with pytest.raises(ValidationError, match="rk4 integrates without noise"):
        shipped_system("rossler", noise_sd=0.1)


def test_steps_that_are_too_long_are_refused(shipped_system):
    system = shipped_system("van_der_pol", integrator="euler_maruyama", steps_per_bin=1, time_unit_s=0.005)
    with (
        pytest.raises(UsageError, match=r"grew without bound within burn_in_s = 5, in steps of 2 "),
        np.errstate(all="ignore"),
    ):
        system.dynamics(TASK, None).initial_states(3, stream(0, "test"))
