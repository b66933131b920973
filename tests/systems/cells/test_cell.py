"""What every cell must do: the same in NumPy and PyTorch, differentiable, in the precision of its states."""

import numpy as np
import pytest

from ctdspec.dynamics.jacobian import central_difference_jacobian, is_analytic, jacobian
from ctdspec.seeds import stream
from ctdspec.spec.component import kinds
from ctdspec.systems.task_trained import TaskTrained
from ctdspec.systems.trained_network import TrainedNetwork, network_weights

UNITS, INPUTS, TRIALS = 9, 4, 7
FIELDS = {
    "gru": {},
    "noisy_gru": {"noise_sd": 0.3},
    "vanilla": {"noise_sd": 0.3},
    "leaky_rate": {"noise_sd": 0.3, "leak": 0.2},
    "leaky_current": {"noise_sd": 0.3, "leak": 0.2, "phi": "tanh", "initial_gain": 1.5},
    "low_rank": {"noise_sd": 0.3, "leak": 0.2, "rank": 2, "random_gain": 0.8},
    "neural_ode": {
        "noise_sd": 0.3, "hidden_units": 11, "hidden_layers": 2, "bin_time": 0.5, "integrator": "rk4",
        "steps_per_bin": 2,
    },
    "lstm": {},
    "gru_reset_first": {},
    "linear": {"noise_sd": 0.3},
}  # fmt: skip
every_cell = pytest.mark.parametrize("kind", FIELDS)


def cell_of(kind):
    return kinds("cell")[kind](kind=kind, units=UNITS, **FIELDS[kind])


def drawn(kind, dtype):
    """Give a cell, and weights, states, inputs and noise for it."""
    cell, rng = cell_of(kind), stream(0, "test")
    weights = {name: 2 * array.astype(dtype) for name, array in cell.initial_weights(INPUTS, rng).items()}
    shapes = ((TRIALS, cell.n_latents), (TRIALS, INPUTS), (TRIALS, *cell.noise_shape))
    return cell, weights, *(rng.standard_normal(shape).astype(dtype) for shape in shapes)


def needs_torch():
    return pytest.importorskip("torch", reason="training is an extra: uv run --extra train pytest")


def test_every_shipped_cell_is_tested():
    assert set(kinds("cell")) == set(FIELDS)


@every_cell
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-6), (np.float64, 1e-13)])
def test_numpy_and_torch_agree_in_the_precision_of_the_states(kind, dtype, tolerance):
    torch = needs_torch()
    cell, weights, *arrays = drawn(kind, dtype)
    by_numpy = cell.step(weights, *arrays)
    tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
    by_torch = cell.step(tensors, *map(torch.from_numpy, arrays)).numpy()
    assert by_numpy.shape == (TRIALS, cell.n_latents)
    assert by_numpy.dtype == by_torch.dtype == dtype
    np.testing.assert_allclose(by_torch, by_numpy, rtol=0, atol=tolerance)


@every_cell
def test_gradients_are_those_of_finite_differences(kind):
    torch = needs_torch()
    cell, weights, states, inputs, noise = drawn(kind, np.float64)
    names = list(weights)
    leaves = [torch.from_numpy(array).requires_grad_() for array in (*weights.values(), states, inputs)]

    def step(*arrays):
        return cell.step(dict(zip(names, arrays[:-2], strict=True)), *arrays[-2:], torch.from_numpy(noise))

    assert torch.autograd.gradcheck(step, leaves, fast_mode=True)


@every_cell
def test_complex_steps_give_the_jacobian(kind):
    cell = cell_of(kind)
    rng = stream(1, "test")
    network = TrainedNetwork(cell, network_weights(cell, INPUTS, 2, rng))
    states, inputs = rng.standard_normal((5, cell.n_latents)), rng.standard_normal((5, INPUTS))
    assert is_analytic(network, states, inputs, scale=1.0)
    found = jacobian(network, states, inputs, scale=1.0)
    expected = central_difference_jacobian(network, states, inputs, scale=1.0)
    np.testing.assert_allclose(found, expected, atol=1e-8)


@every_cell
def test_noise_is_added_to_the_new_state_with_its_standard_deviation(kind):
    cell, weights, states, inputs, noise = drawn(kind, np.float64)
    quiet = cell.step(weights, states, inputs, None)
    added = cell.step(weights, states, inputs, noise) - quiet
    if "noise_sd" in FIELDS[kind]:
        np.testing.assert_allclose(added, 0.3 * noise, atol=1e-14)
    else:
        assert cell.noise_shape == (0,)
        assert not added.any()


@every_cell
def test_initial_weights_are_float32_and_extreme_inputs_give_finite_states(kind):
    cell, weights, states, inputs, _ = drawn(kind, np.float32)
    assert all(array.dtype == np.float32 for array in cell.initial_weights(0, stream(2, "test")).values())
    assert np.isfinite(cell.step(weights, states, inputs * np.float32(1e6), None)).all()
    assert cell.fixed_weights <= weights.keys()
    assert weights[cell.input_weights].shape[1] == INPUTS
    if cell.recurrent_weights is not None:
        assert weights[cell.recurrent_weights].shape == (UNITS, UNITS)


@every_cell
def test_the_state_of_the_network_is_that_of_its_cell(kind, task, make_system):
    fields = make_system().model_dump()
    system = TaskTrained.model_validate(fields | {"cell": cell_of(kind).model_dump()})
    weights = system.initial_weights(task, stream(3, "test"))
    network = TrainedNetwork(system.cell, weights)
    assert system.n_latents == network.n_latents == system.cell.n_latents
    states = network.initial_states(3, stream(4, "test"))
    stepped = network.step(states, np.zeros((3, 1), np.float32))
    assert stepped.shape == states.shape
    assert network.readout(stepped).shape == (3, 1)
