"""The leaky network of currents, judged by its equation, by its decay, and by the circular law."""

import numpy as np
import pytest

from ctdspec.dynamics.jacobian import central_difference_jacobian, jacobian
from ctdspec.seeds import stream
from ctdspec.systems.cells.leaky_current import LeakyCurrent
from ctdspec.systems.trained_network import TrainedNetwork, network_weights


def currents(phi="rectified_tanh", units=12, gain=1.5):
    return LeakyCurrent(kind="leaky_current", units=units, phi=phi, leak=0.2, initial_gain=gain, noise_sd=0.1)


@pytest.mark.parametrize("phi", ["tanh", "rectified_tanh"])
def test_a_step_is_that_of_the_equation(phi):
    cell, rng = currents(phi), stream(0, "test")
    weights = {name: a.astype(float) for name, a in cell.initial_weights(3, rng).items()}
    weights["bias"] = rng.standard_normal(12)
    states, inputs = rng.standard_normal((6, 12)), rng.standard_normal((6, 3))
    expected = np.empty_like(states)
    for trial, (x, u) in enumerate(zip(states, inputs, strict=True)):
        r = np.tanh(x) if phi == "tanh" else np.array([max(0.0, np.tanh(value)) for value in x])
        flow = -x + weights["weight_hh"] @ r + weights["weight_ih"] @ u + weights["bias"]
        expected[trial] = x + 10 / 50 * flow
    np.testing.assert_allclose(cell.step(weights, states, inputs, None), expected, atol=1e-14)


def test_the_readout_sees_the_rates():
    rng = stream(1, "test")
    network = TrainedNetwork(currents(), network_weights(currents(), 3, 2, rng))
    states = rng.standard_normal((4, 5, 12))
    rates = np.where(states > 0, np.tanh(states), 0)
    np.testing.assert_allclose(network.readout(states), rates @ network.weights["readout.weight"].T)


def test_rectified_units_have_a_jacobian_too():
    rng = stream(2, "test")
    network = TrainedNetwork(currents(), network_weights(currents(), 3, 2, rng))
    states, inputs = rng.standard_normal((5, 12)), rng.standard_normal((5, 3))
    expected = central_difference_jacobian(network, states, inputs, scale=1.0)
    np.testing.assert_allclose(jacobian(network, states, inputs, scale=1.0), expected, atol=1e-8)
    by_hand = 0.8 * np.eye(12) + 0.2 * network.weights["cell.weight_hh"] * (
        np.where(states[0] > 0, 1 - np.tanh(states[0]) ** 2, 0)
    )
    np.testing.assert_allclose(expected[0], by_hand, atol=1e-8)


def test_weights_start_with_the_asked_gain():
    weights = currents(units=400, gain=4.0).initial_weights(16, stream(3, "test"))
    # The circular law: for 400 units the radius is within a few per cent of the gain.
    assert np.abs(np.linalg.eigvals(weights["weight_hh"])).max() == pytest.approx(4, rel=0.1)
    # 6400 numbers: a relative standard error of one per cent.
    assert weights["weight_ih"].std() == pytest.approx(1 / 4, rel=0.05)
    assert not weights["bias"].any()
