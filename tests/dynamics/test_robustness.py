"""Robustness of systems whose errors are known in closed form."""

from dataclasses import dataclass

import numpy as np
import pytest

from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.dynamics.robustness import Asked, Rewirable, with_disturbed_inputs, with_disturbed_structure
from ctdspec.seeds import stream


@dataclass(frozen=True)
class Memoryless(Dynamics):
    """Outputs are the weights times the inputs of the bin."""

    weights: np.ndarray

    @property
    def n_latents(self):
        return len(self.weights)

    @property
    def noise_shape(self):
        return (0,)

    def initial_states(self, n_trials, rng):
        return np.zeros((n_trials, len(self.weights)))

    def step(self, states, inputs, noise=None):
        return inputs @ self.weights.T

    def readout(self, states):
        return states

    def parameters(self):
        return {}


@pytest.fixture
def setting():
    rng = stream(0, "test")
    weights, inputs = rng.standard_normal((6, 6)), rng.standard_normal((40, 30, 6))
    targets = inputs @ weights.T
    return Memoryless(weights), Asked(inputs, targets, np.ones(targets.shape, bool))


def spread(asked):
    return asked.targets.var(axis=(0, 1)).sum() * asked.targets[..., 0].size


def test_a_constant_answer_has_an_error_of_100_percent(setting):
    _, asked = setting
    constant = np.broadcast_to(asked.targets.mean(axis=(0, 1)), asked.targets.shape)
    assert asked.error_percent(constant) == pytest.approx(100)
    assert asked.error_percent(asked.targets) == 0
    assert asked.error_percent((asked.targets + constant) / 2) == pytest.approx(25)


def test_what_is_not_scored_does_not_count(setting):
    _, asked = setting
    scored = np.zeros(asked.scored.shape, bool)
    scored[:, :10, :3] = True
    targets = np.where(scored, asked.targets, np.nan)
    wrong = np.where(scored, asked.targets, 1e6)
    assert Asked(asked.inputs, targets, scored).error_percent(wrong) == 0


def test_disturbed_inputs_have_the_error_of_their_variance(setting):
    dynamics, asked = setting
    found = with_disturbed_inputs(dynamics, asked, 0.2, 300, stream(1, "test"))
    # A uniform number between -1 and 1 has the variance 1/3; the columns of the weights add up.
    square = (0.2**2 / 3) * np.square(asked.inputs).sum() * np.square(dynamics.weights).sum()
    assert found.shape == (300,)
    # 300 draws of 40 trials scatter by less than a tenth each: a standard error below one per cent.
    assert found.mean() == pytest.approx(100 * square / spread(asked), rel=0.03)
    assert 0 < found.std() < 0.2 * found.mean()


def test_a_disturbance_is_constant_over_a_trial_but_for_the_size_of_the_inputs(setting):
    dynamics, asked = setting
    seen = []

    class Listening(Memoryless):
        def step(self, states, inputs, noise=None):
            seen.append(inputs)
            return super().step(states, inputs)

    with_disturbed_inputs(Listening(dynamics.weights), asked, 0.1, 2, stream(2, "test"))
    first = np.stack(seen[:30], axis=1) - asked.inputs
    relative = first / np.linalg.norm(asked.inputs, axis=2, keepdims=True)
    np.testing.assert_allclose(relative, np.broadcast_to(relative[:, :1], relative.shape), atol=1e-12)
    assert np.abs(relative).max() <= 0.1
    assert np.abs(np.corrcoef(relative[:, 0].T) - np.eye(6)).max() < 0.6, "each input has its own"


def test_disturbed_weights_have_the_error_of_their_variance(setting):
    dynamics, asked = setting
    network = Rewirable(dynamics.weights, Memoryless)
    found = with_disturbed_structure(network, asked, 0.5, 300, stream(3, "test"))
    square = (0.5 * np.abs(dynamics.weights).mean()) ** 2 * 6 * np.square(asked.inputs).sum()
    # Thirty-six numbers per draw: a draw scatters by a quarter, the mean of 300 by 1.4 %.
    assert found.mean() == pytest.approx(100 * square / spread(asked), rel=0.05)
