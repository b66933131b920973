"""The neural ODE, judged by SciPy's integrator and by a perceptron of PyTorch's parts."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from ctdspec.seeds import stream
from ctdspec.systems.cells.neural_ode import NeuralODE

UNITS, INPUTS, HIDDEN = 3, 2, 16


def neural_ode(**changes):
    fields = {"hidden_units": HIDDEN, "hidden_layers": 3, "bin_time": 0.8, "integrator": "rk4"}
    fields |= {"steps_per_bin": 4, "noise_sd": 0.0}
    return NeuralODE(kind="neural_ode", units=UNITS, **fields | changes)


@pytest.fixture
def weights():
    rng = stream(0, "test")
    return {name: 2 * a.astype(float) for name, a in neural_ode().initial_weights(INPUTS, rng).items()}


@pytest.fixture
def field(weights):
    """The vector field by PyTorch's own layers."""
    torch = pytest.importorskip("torch", reason="training is an extra: uv run --extra train pytest")
    first = np.concatenate([weights["weight_xh"], weights["weight_uh"]], axis=1)
    layers = []
    for weight, bias in (
        (first, weights["bias_h"]),
        (weights["weight_2"], weights["bias_2"]),
        (weights["weight_3"], weights["bias_3"]),
        (weights["weight_out"], weights["bias_out"]),
    ):
        linear = torch.nn.Linear(*weight.shape[::-1], dtype=torch.float64)
        linear.load_state_dict({"weight": torch.from_numpy(weight), "bias": torch.from_numpy(bias)})
        layers += [linear, torch.nn.Tanh()]
    perceptron = torch.nn.Sequential(*layers[:-1])

    def field(states, inputs):
        with torch.no_grad():
            return perceptron(torch.from_numpy(np.concatenate([states, inputs], axis=-1))).numpy()

    return field


def test_a_bin_is_that_of_scipys_integrator(weights, field):
    rng = stream(1, "test")
    states, inputs = rng.standard_normal((4, UNITS)), rng.standard_normal((4, INPUTS))
    found = neural_ode().step(weights, states, inputs, None)
    for start, drive, end in zip(states, inputs, found, strict=True):
        exact = solve_ivp(lambda t, x, u=drive: field(x, u), (0, 0.8), start, rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(end, exact.y[:, -1], atol=2e-5)


def test_eulers_method_takes_steps_along_the_field(weights, field):
    rng = stream(2, "test")
    states, inputs = rng.standard_normal((4, UNITS)), rng.standard_normal((4, INPUTS))
    found = neural_ode(integrator="euler", steps_per_bin=2).step(weights, states, inputs, None)
    half = states + 0.4 * field(states, inputs)
    np.testing.assert_allclose(found, half + 0.4 * field(half, inputs), atol=1e-13)


@pytest.mark.parametrize("hidden_layers", [1, 2])
def test_any_number_of_hidden_layers_is_possible(hidden_layers):
    cell = neural_ode(hidden_layers=hidden_layers)
    weights = cell.initial_weights(INPUTS, stream(3, "test"))
    assert len(weights) == 5 + 2 * (hidden_layers - 1)
    assert cell.step(weights, np.zeros((2, UNITS)), np.zeros((2, INPUTS)), None).shape == (2, UNITS)
