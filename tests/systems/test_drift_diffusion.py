import numpy as np
import pytest

from ctdspec.seeds import stream
from ctdspec.systems.flow import Flow
from ctdspec.tasks.spontaneous import Spontaneous

TASK = Spontaneous(kind="spontaneous", trial_s=1.0, bin_s=0.01)
# A walk in steps overshoots a bound by 0.5826 step sd on average, as if the bound were so much farther
# (Siegmund 1985): closed forms hold to first order with the bound moved.
OVERSHOOT = 0.5826


@pytest.mark.parametrize("drift", [0.0, 0.55, -1.2])
def test_choices_and_times_are_those_of_theory(shipped_system, drift):
    system = shipped_system("drift_diffusion", drift=drift)
    flow, rng = system.dynamics(TASK, None), stream(0, "test")
    states, times = flow.initial_states(10_000, rng), np.zeros(10_000)
    for _ in range(500):
        times += np.abs(states[:, 0]) < 1
        states = flow.step(states, None, rng.standard_normal((10_000, *flow.noise_shape)))
    assert np.mean(np.abs(states) == 1) > 0.999
    judge = system.model_copy(update={"bound": 1 + OVERSHOOT * flow.dt**0.5})
    # One standard error: 0.005 of the choices, 0.8 % of the times, and a bin is half counted at the end.
    assert np.mean(states > 0) == pytest.approx(1 / (1 + np.exp(-2 * drift * judge.bound)), abs=0.02)
    assert judge.choice_probability() == pytest.approx(1 / (1 + np.exp(-2 * drift * judge.bound)))
    expected = judge.bound / drift * np.tanh(drift * judge.bound) if drift else judge.bound**2
    assert judge.mean_decision_s() == pytest.approx(expected * 0.5)
    assert np.mean(times) * 0.01 - 0.005 == pytest.approx(expected * 0.5, rel=0.04)


def test_what_is_decided_stays_decided(shipped_system):
    system = shipped_system("drift_diffusion", input_weights=[1.0])
    flow = Flow(system, 0.01, 1, 1)
    states = np.array([[1.0], [-1.0], [0.5]])
    moved = flow.step(states, np.full((3, 1), -100.0), np.ones((3, *flow.noise_shape)))
    assert moved.tolist() == [[1.0], [-1.0], [-1.0]]
    assert flow.readout(moved).tolist() == moved.tolist()


def test_inputs_add_to_the_drift_by_their_weights(shipped_system):
    changes = {"input_weights": [2.0, -1.0], "bound": None, "noise_sd": 0.0, "drift": 0.0}
    system = shipped_system("drift_diffusion", **changes)
    flow = Flow(system, 0.01, 2, 1)
    states = np.zeros((2, 1))
    for _ in range(50):
        states = flow.step(states, np.array([[1.0, 0.5], [0.0, 3.0]]))
    assert states[:, 0] == pytest.approx([1.5, -3.0])
    assert system.choice_probability() is None
    assert system.mean_decision_s() is None


def test_it_says_which_inputs_it_takes(shipped_system, task):
    shipped_system("drift_diffusion").ensure_serves(TASK)
    shipped_system("drift_diffusion", input_weights=[1.0]).ensure_serves(task)
    with pytest.raises(ValueError, match=r"has 1 inputs \(pulse_0\), but system.input_weights has 0 weights"):
        shipped_system("drift_diffusion").ensure_serves(task)
    two = task.model_copy(update={"bits": 2})
    with pytest.raises(ValueError, match="one output, x, but the task 'flip_flop' asks for 2: bit_0, bit_1"):
        shipped_system("drift_diffusion", input_weights=[1.0, 1.0]).ensure_serves(two)
