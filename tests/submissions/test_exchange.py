"""Dynamics leave as ONNX and come back: the same to rounding, for every kind of cell and of system."""

from typing import Any

import numpy as np
import onnx
import pytest
from array_api_compat import array_namespace
from onnx.reference import ReferenceEvaluator

from ctdspec.dynamics.fixed_points import find_fixed_points
from ctdspec.spec.component import kinds
from ctdspec.submissions.exchange import AnsweredDynamics, encode, export_dynamics
from ctdspec.submissions.runnable import RunnableDynamics
from ctdspec.systems.trained_network import TrainedNetwork, network_weights
from ctdspec.tasks.spontaneous import Spontaneous

SETTINGS = {
    "neural_ode": {
        "hidden_units": 7, "hidden_layers": 2, "bin_time": 0.5, "integrator": "rk4", "steps_per_bin": 2,
    },
    "low_rank": {"rank": 2, "random_gain": 0.5, "leak": 0.1},
    "leaky_rate": {"leak": 0.1},
    "leaky_current": {"leak": 0.1, "phi": "rectified_tanh", "initial_gain": 1.2},
}  # fmt: skip
CELLS = kinds("cell")


def network(kind, n_inputs, units=6):
    fields = {"kind": kind, "units": units, **SETTINGS.get(kind, {})}
    if "noise_sd" in CELLS[kind].model_fields:
        fields["noise_sd"] = 0.1
    cell: Any = CELLS[kind].model_validate(fields)
    return TrainedNetwork(cell, network_weights(cell, n_inputs, 4, np.random.default_rng(0)))


def rates_hz(states):
    return array_namespace(states).exp(states[:, :2])


def answered(dynamics, n_inputs):
    kind = "stimulus" if n_inputs else "none"
    return encode(dynamics.step, rates_hz, dynamics.n_latents, n_inputs, kind)


@pytest.mark.parametrize("n_inputs", [3, 0])
@pytest.mark.parametrize("kind", CELLS)
def test_every_cell_comes_back(kind, n_inputs):
    dynamics, rng = network(kind, n_inputs), np.random.default_rng(1)
    states = rng.standard_normal((300, dynamics.n_latents))
    inputs = rng.standard_normal((300, n_inputs))
    back = RunnableDynamics(answered(dynamics, n_inputs), dynamics.n_latents)
    np.testing.assert_allclose(back.step(states, inputs), dynamics.step(states, inputs), rtol=0, atol=1e-12)
    np.testing.assert_allclose(back.readout(states), rates_hz(states), rtol=1e-12)
    model = onnx.load_model_from_string(export_dynamics(dynamics, n_inputs))
    onnx.checker.check_model(model, full_check=True)
    given = {"states": states, "inputs": inputs} if n_inputs else {"states": states}
    found: Any = ReferenceEvaluator(model).run(None, given)
    found = found[0]
    np.testing.assert_allclose(found, dynamics.step(states, inputs), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["lorenz", "rossler", "van_der_pol", "ring_attractor", "ff_integrator"])
def test_systems_come_back(name, shipped_system):
    try:
        system = shipped_system(name)
    except FileNotFoundError:
        pytest.skip("not shipped")
    dynamics = system.dynamics(Spontaneous(kind="spontaneous", trial_s=1.0, bin_s=0.01), None)
    states = dynamics.initial_states(5, np.random.default_rng(0))
    back = RunnableDynamics(
        AnsweredDynamics(export_dynamics(dynamics, 0), export_dynamics(dynamics, 0), "none"), states.shape[1]
    )
    nothing = np.zeros((5, 0))
    np.testing.assert_allclose(back.step(states, nothing), dynamics.step(states, nothing), rtol=1e-12)


def test_a_single_precision_model_of_another_exporter_is_raised_to_double():
    """Weights rounded to float32, arithmetic in float64: derivatives by differences must be good."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxscript", reason="torch exports with it")
    layer = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.Softplus(), torch.nn.Linear(16, 4)).eval()
    program = torch.onnx.export(layer, (torch.zeros(256, 4),), dynamo=True)
    data = program.model_proto.SerializeToString()
    back = RunnableDynamics(AnsweredDynamics(data, data, "none"), 4)
    states = np.random.default_rng(0).standard_normal((10, 4))
    wanted = layer.double()(torch.tensor(states)).detach().numpy()
    np.testing.assert_allclose(back.step(states, np.zeros((10, 0))), wanted, rtol=1e-12)


def test_rows_do_not_depend_on_how_many_there_are():
    dynamics = network("gru", 3)
    back = RunnableDynamics(answered(dynamics, 3), 6)
    rng = np.random.default_rng(0)
    states, inputs = rng.standard_normal((600, 6)), rng.standard_normal((600, 3))
    whole = back.step(states, inputs)
    assert np.array_equal(whole[:256], back.step(states[:256], inputs[:256]))
    np.testing.assert_allclose(back.step(states[300:301], inputs[300:301])[0], whole[300], rtol=1e-14)
    assert back.step(states[:0], inputs[:0]).shape == (0, 6)
    assert back.readout(states.reshape(6, 100, 6)).shape == (6, 100, 2)


def test_fixed_points_of_what_came_back_are_those_of_the_cell():
    dynamics = network("vanilla", 0, units=3)
    back = RunnableDynamics(answered(dynamics, 0), 3)
    visited = np.random.default_rng(0).standard_normal((50, 3))
    found = [
        find_fixed_points(some, np.zeros(0), visited, np.random.default_rng(0), box=None)
        for some in (dynamics, back)
    ]
    np.testing.assert_allclose(found[1].points, found[0].points, atol=1e-9)
    np.testing.assert_allclose(found[1].eigenvalues, found[0].eigenvalues, atol=1e-7)


def test_what_cannot_be_written_down_is_refused():
    with pytest.raises(TypeError, match="steps of 1"):
        encode(lambda states, inputs: states[:, ::2], rates_hz, 4, 0, "none")
    with pytest.raises(AttributeError, match="sinh"):
        encode(lambda states, inputs: array_namespace(states).sinh(states), rates_hz, 4, 0, "none")
