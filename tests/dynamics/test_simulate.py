import numpy as np

from ctdspec.dynamics.simulate import simulate
from ctdspec.seeds import stream
from ctdspec.systems.lorenz import Lorenz
from ctdspec.tasks.spontaneous import Spontaneous

CLASSICAL = {
    "kind": "lorenz",
    "sigma": 10.0,
    "rho": 28.0,
    "beta": 8 / 3,
    "time_unit_s": 0.25,
    "integrator": "euler_maruyama",
    "steps_per_bin": 2,
    "noise_sd": 0.5,
    "burn_in_s": 0.1,
}


def test_latents_are_the_states_after_each_bin():
    task = Spontaneous(kind="spontaneous", trial_s=0.2, bin_s=0.01)
    dynamics = Lorenz(**CLASSICAL).dynamics(task, None)
    inputs = np.zeros((4, 20, 0), np.float32)
    latents = simulate(dynamics, inputs, stream(3, "x"))

    rng = stream(3, "x")
    states = dynamics.initial_states(4, rng)
    noise = rng.standard_normal((4, 20, 2, 3), np.float32)
    for t in range(20):
        states = dynamics.step(states, inputs[:, t], noise[:, t])
        np.testing.assert_array_equal(latents[:, t], states.astype(np.float32))
