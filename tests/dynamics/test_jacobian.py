import numpy as np
import pytest

from ctdspec.dynamics.jacobian import (
    central_difference_jacobian,
    complex_step_jacobian,
    forward_difference_jacobian,
    is_analytic,
    jacobian,
)
from ctdspec.errors import UsageError
from ctdspec.seeds import stream
from ctdspec.systems.cells.gru import GRU
from ctdspec.systems.cells.noisy_gru import NoisyGRU
from ctdspec.systems.flow import Flow
from ctdspec.systems.lorenz import Lorenz
from ctdspec.systems.trained_network import TrainedNetwork, network_weights

NO_INPUT = np.empty(0)
UNITS = 11


CELLS = [GRU(kind="gru", units=UNITS), NoisyGRU(kind="noisy_gru", units=UNITS, noise_sd=0.1)]


@pytest.mark.parametrize("cell", CELLS, ids=["gru", "noisy_gru"])
def test_agrees_with_automatic_differentiation_by_torch(cell):
    torch = pytest.importorskip("torch", reason="training is an extra: uv run --extra train pytest")
    rng = stream(0, "test")
    weights = {name: 3 * array for name, array in network_weights(cell, 2, 1, rng).items()}
    network = TrainedNetwork(cell, weights)
    states, inputs = rng.standard_normal((4, 3, UNITS)), rng.standard_normal((3, 2))
    found = jacobian(network, states, inputs, 1.0)
    assert is_analytic(network, states, inputs, 1.0)
    assert found.shape == (4, 3, UNITS, UNITS)

    judge = TrainedNetwork(cell, {name: torch.from_numpy(array).double() for name, array in weights.items()})
    for i, j in np.ndindex(4, 3):
        drive = torch.from_numpy(inputs[j : j + 1])
        expected = torch.autograd.functional.jacobian(
            lambda x, drive=drive: judge.step(x[None], drive)[0], torch.from_numpy(states[i, j])
        )
        assert found[i, j] == pytest.approx(expected.numpy(), abs=1e-13)


def lorenz(integrator):
    spec = {
        "kind": "lorenz", "sigma": 10.0, "rho": 28.0, "beta": 8 / 3, "time_unit_s": 1.0,
        "integrator": integrator, "steps_per_bin": 1, "noise_sd": 0.0, "burn_in_s": 0.0,
    }  # fmt: skip
    return Flow(Lorenz(**spec), 0.01)


def test_lorenz_has_the_jacobian_of_its_equations():
    (x, y, z), identity = (3.0, -7.0, 25.0), np.eye(3)
    flow = np.array([[-10, 10, 0], [28 - z, -1, -x], [y, x, -8 / 3]])
    found = jacobian(lorenz("euler_maruyama"), np.array([x, y, z]), NO_INPUT, 1.0)
    assert found == pytest.approx(identity + 0.01 * flow, rel=1e-14)


@pytest.mark.parametrize(
    ("rule", "error"), [(central_difference_jacobian, 1e-9), (forward_difference_jacobian, 1e-6)]
)
def test_differences_agree_with_complex_steps(rule, error):
    states = stream(1, "test").normal(0, 10, (5, 3))
    exact = complex_step_jacobian(lorenz("rk4"), states, NO_INPUT)
    assert rule(lorenz("rk4"), states, NO_INPUT, 10.0) == pytest.approx(exact, abs=error)


WEIGHTS = np.array([[1.2, -0.5], [0.3, 0.9]])


@pytest.mark.parametrize(
    ("step", "derivative"),
    [
        (lambda x: np.abs(x) @ WEIGHTS.T, lambda x: WEIGHTS * np.sign(x)),
        (lambda x: np.where(x.real > 0, x.real, 0) @ WEIGHTS.T, lambda x: WEIGHTS * (x > 0)),
        (lambda x: np.heaviside(x, 0) * x @ WEIGHTS.T, lambda x: WEIGHTS * (x > 0)),
        (lambda x: x.astype(float) ** 2 @ WEIGHTS.T, lambda x: WEIGHTS * 2 * x),
    ],
    ids=["drops the imaginary part", "takes the real part", "refuses complex numbers", "casts"],
)
def test_steps_that_are_not_analytic_are_differentiated_by_differences(make_map, step, derivative):
    dynamics = make_map(2, step)
    states = np.array([[0.7, -1.3], [-0.2, 0.4]])
    assert not is_analytic(dynamics, states, NO_INPUT, 1.0)
    found = jacobian(dynamics, states, NO_INPUT, 1.0)
    assert found == pytest.approx(np.stack([derivative(x) for x in states]), abs=1e-8)


def test_a_rectifier_that_orders_complex_numbers_is_exact(make_map):
    dynamics = make_map(2, lambda x: np.maximum(x, 0) @ WEIGHTS.T)
    found = jacobian(dynamics, np.array([0.7, -1.3]), NO_INPUT, 1.0)
    np.testing.assert_array_equal(found, WEIGHTS * [1, 0])


def test_single_precision_is_refused(make_map):
    with pytest.raises(UsageError, match="float32"):
        jacobian(make_map(2, lambda x: x.astype(np.float32)), np.ones((3, 2)), NO_INPUT, 1.0)


def test_no_states_have_no_jacobians(make_map):
    assert jacobian(make_map(2, lambda x: x), np.empty((0, 2)), NO_INPUT, 1.0).shape == (0, 2, 2)
