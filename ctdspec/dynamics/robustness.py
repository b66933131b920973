"""How much worse a network does its task when its inputs or its weights are disturbed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ctdspec.dynamics.dynamics import Dynamics


@dataclass(frozen=True)
class Asked:
    """What a network is shown, and what it should do.

    Attributes
    ----------
    inputs : (trial, time, input)
    targets : (trial, time, output)
        NaN where nothing is asked.
    scored : (trial, time, output) bool
        Where an output counts.
    """

    inputs: np.ndarray
    targets: np.ndarray
    scored: np.ndarray

    def error_percent(self, outputs: np.ndarray) -> float:
        """Give the mean square error, in percent of that of the best constant outputs."""
        counts = self.scored.sum(axis=(0, 1))
        targets = np.where(self.scored, self.targets, 0).astype(float)
        constant = targets.sum(axis=(0, 1)) / np.maximum(counts, 1)
        of_constant = np.where(self.scored, targets - constant, 0)
        error = np.where(self.scored, targets - outputs, 0)
        return float(100 * np.square(error).sum() / np.square(of_constant).sum())


@dataclass(frozen=True)
class Rewirable:
    """A network whose recurrent weights can be replaced.

    Attributes
    ----------
    weights : (unit, unit)
        The weights as they are.
    rewired
        Gives the network with other weights.
    """

    weights: np.ndarray
    rewired: Callable[[np.ndarray], Dynamics]


def with_disturbed_inputs(
    dynamics: Dynamics, asked: Asked, strength: float, n_draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Give the error in percent, (draw,) float64, when inputs are not what they should be.

    What is added to an input of a trial is one uniform number between -1 and 1, times `strength`, times the
    Euclidean norm of all inputs in the bin (Sussillo et al. 2015).
    """
    size = np.linalg.norm(asked.inputs, axis=2, keepdims=True)
    shape = (n_draws, len(asked.inputs), 1, asked.inputs.shape[2])
    noise = rng.uniform(-1, 1, shape).astype(asked.inputs.dtype)
    answers = (respond(dynamics, asked.inputs + strength * size * drawn, rng) for drawn in noise)
    return np.array([asked.error_percent(outputs) for outputs in answers])


def with_disturbed_structure(
    network: Rewirable, asked: Asked, strength: float, n_draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Give the error in percent, (draw,) float64, when recurrent weights are not what they should be.

    What is added to a weight is a standard normal number, times `strength`, times the mean absolute weight
    (Sussillo et al. 2015).
    """
    weights = network.weights
    noise = rng.standard_normal((n_draws, *weights.shape)) * strength * np.abs(weights).mean()
    others = (network.rewired((weights + drawn).astype(weights.dtype)) for drawn in noise)
    return np.array([asked.error_percent(respond(other, asked.inputs, rng)) for other in others])


def respond(dynamics: Dynamics, inputs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give the outputs (trial, time, output) of a system without its noise."""
    states = dynamics.initial_states(len(inputs), rng)
    outputs = []
    for t in range(inputs.shape[1]):
        states = dynamics.step(states, inputs[:, t])
        outputs.append(dynamics.readout(states))
    return np.stack(outputs, axis=1)
