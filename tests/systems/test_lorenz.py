import numpy as np
import pytest
from pydantic import ValidationError
from scipy.integrate import solve_ivp

from ctdspec.seeds import stream
from ctdspec.systems.lorenz import Lorenz
from ctdspec.tasks.flip_flop import FlipFlop
from ctdspec.tasks.spontaneous import Spontaneous

CLASSICAL = {
    "kind": "lorenz",
    "sigma": 10.0,
    "rho": 28.0,
    "beta": 8 / 3,
    "time_unit_s": 0.25,
    "integrator": "rk4",
    "steps_per_bin": 4,
    "noise_sd": 0.0,
    "burn_in_s": 5.0,
}
TASK = Spontaneous(kind="spontaneous", trial_s=1.0, bin_s=0.01)


def test_a_trajectory_is_scipys():
    dynamics = Lorenz(**CLASSICAL | {"steps_per_bin": 20}).dynamics(TASK, None)
    states = start = np.array([[1.0, 2.0, 25.0], [-4.0, -7.0, 20.0]])
    for _ in range(100):
        states = dynamics.step(states, None)
    for begin, end in zip(start, states, strict=True):
        exact = solve_ivp(
            lambda t, s: [10 * (s[1] - s[0]), s[0] * (28 - s[2]) - s[1], s[0] * s[1] - 8 / 3 * s[2]],
            (0, 1.0 / 0.25),
            begin,
            rtol=1e-11,
            atol=1e-11,
        ).y[:, -1]
        np.testing.assert_allclose(end, exact, rtol=1e-4)


def test_equilibria_do_not_move():
    dynamics = Lorenz(**CLASSICAL).dynamics(TASK, None)
    wing = np.sqrt(8 / 3 * 27)
    equilibria = np.array([[0, 0, 0], [wing, wing, 27], [-wing, -wing, 27]])
    np.testing.assert_allclose(dynamics.step(equilibria, None), equilibria, atol=1e-12)


def test_largest_lyapunov_exponent_is_the_published_one():
    # 0.9056 per unit of the system's own time (Sprott 2003); 1000 pairs × 20 units know it to about 1 %.
    dynamics = Lorenz(**CLASSICAL).dynamics(TASK, None)
    rng = stream(0, "lyapunov")
    states = dynamics.initial_states(1000, rng)
    apart = 1e-8 * rng.standard_normal(states.shape)
    growth = np.zeros(1000)
    n_bins = 500
    for _ in range(n_bins):
        ahead = dynamics.step(states + apart, None)
        states = dynamics.step(states, None)
        apart = ahead - states
        size = np.linalg.norm(apart, axis=1)
        growth += np.log(size / 1e-8)
        apart *= (1e-8 / size)[:, None]
    exponent = growth[:].mean() / (n_bins * 0.01 / 0.25)
    assert exponent == pytest.approx(0.9056, rel=0.05)


def test_it_refuses_tasks_and_noise_that_it_cannot_do():
    task = FlipFlop(
        kind="flip_flop", trial_s=1.0, bin_s=0.01, bits=1, pulse_probability=0.01, quiet_s=0.0,
        input_noise_sd=0.0, switch_mask_bins=0,
    )  # fmt: skip
    with pytest.raises(ValueError, match="cannot do the task 'flip_flop'"):
        Lorenz(**CLASSICAL).ensure_serves(task)
    with pytest.raises(ValidationError, match="rk4 integrates without noise"):
        Lorenz(**CLASSICAL | {"noise_sd": 0.1})


def test_no_burn_in_and_noise_are_legal():
    spec = Lorenz(**CLASSICAL | {"burn_in_s": 0.0, "integrator": "euler_maruyama", "noise_sd": 1.0})
    dynamics = spec.dynamics(TASK, None)
    assert dynamics.noise_shape == (4, 3)
    states = dynamics.initial_states(5, stream(0, "x"))
    quiet, noisy = dynamics.step(states, None), dynamics.step(states, None, np.ones((5, 4, 3)))
    # Four kicks of sqrt(dt) each, dt = 0.01, spread a little by the flow
    np.testing.assert_allclose(noisy - quiet, 0.4, rtol=0.5)
