"""The GRU with the reset gate first, judged by its published equations."""

import numpy as np
import pytest

from ctdspec.seeds import stream
from ctdspec.systems.cells.gru import GRU
from ctdspec.systems.cells.gru_reset_first import GRUResetFirst

UNITS, INPUTS, TRIALS = 13, 4, 9


def drawn(n_inputs=INPUTS):
    rng = stream(0, "test")
    cell = GRUResetFirst(kind="gru_reset_first", units=UNITS)
    weights = {name: 3 * array.astype(float) for name, array in cell.initial_weights(n_inputs, rng).items()}
    return cell, weights, rng.standard_normal((TRIALS, UNITS)), rng.standard_normal((TRIALS, n_inputs))


def published(weights, state, given):
    """One trial of Cho et al. (2014), equations 5 to 8, unit by unit."""
    w, u, b = (np.split(weights[name], 3) for name in ("weight_ih", "weight_hh", "bias"))

    def sigma(x):
        return 1 / (1 + np.exp(-x))

    reset = sigma(w[0] @ given + u[0] @ state + b[0])
    update = sigma(w[1] @ given + u[1] @ state + b[1])
    candidate = np.tanh(w[2] @ given + u[2] @ (reset * state) + b[2])
    return update * state + (1 - update) * candidate


def test_a_step_is_the_published_one():
    cell, weights, states, inputs = drawn()
    expected = [published(weights, *trial) for trial in zip(states, inputs, strict=True)]
    np.testing.assert_allclose(cell.step(weights, states, inputs, None), expected, rtol=0, atol=1e-14)


def test_without_inputs_a_step_is_the_published_one():
    cell, weights, states, inputs = drawn(0)
    expected = [published(weights, *trial) for trial in zip(states, inputs, strict=True)]
    np.testing.assert_allclose(cell.step(weights, states, inputs, None), expected, rtol=0, atol=1e-14)


def test_the_place_of_the_reset_gate_matters():
    cell, weights, states, inputs = drawn()
    after = {**weights, "bias_ih": weights["bias"], "bias_hh": 0 * weights["bias"]}
    other = GRU(kind="gru", units=UNITS).step(after, states, inputs, None)
    assert np.abs(cell.step(weights, states, inputs, None) - other).max() > 0.1


def test_states_last_at_first():
    weights = GRUResetFirst(kind="gru_reset_first", units=200).initial_weights(50, stream(1, "test"))
    assert weights["weight_hh"].shape == (600, 200)
    assert weights["weight_ih"].std() == pytest.approx(250**-0.5, rel=0.02)
    assert weights["bias"].reshape(3, 200).mean(axis=1).tolist() == [0, 1, 0]
