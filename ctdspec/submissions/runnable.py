"""The dynamics of an answer at work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import numpy as np

from ctdspec.dynamics.dynamics import Array, Dynamics
from ctdspec.errors import UsageError
from ctdspec.submissions.exchange import AnsweredDynamics
from ctdspec.submissions.onnx_model import OnnxFunction


@final
class RunnableDynamics(Dynamics):
    """What an answer says of its dynamics, in double precision, as everything that analyses systems takes it.

    Only for dynamics that `ctdspec.submissions.judged.judged` has let through: then nothing here can open a
    file, and a run needs no more memory and time than the one that was seen.
    """

    def __init__(self, answered: AnsweredDynamics, n_latents: int) -> None:
        """Take the models, and the width of the answer's states."""
        self._width = n_latents
        self._step, self._readout = OnnxFunction(answered.step), OnnxFunction(answered.readout)

    @property
    def n_latents(self) -> int:
        """The width of the answer's states."""
        return self._width

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """No noise: an answer's step is its noise-free one."""
        return (0,)

    def initial_states(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Refuse: an answer gives the states of its trials, and no law of where they start."""
        raise UsageError("dynamics: an answer does not say where trials start; take states of its trials")

    def step(self, states: Array, inputs: Array, noise: Array | None = None) -> Array:
        """Advance by one bin; inputs (trial, 0) for a step that takes none."""
        if np.iscomplexobj(states):
            raise TypeError("an answered step takes no complex numbers: differentiate it by differences")
        arrays = [np.asarray(states, float), np.asarray(inputs, float)]
        return self._step(*arrays[: len(self._step.arguments)])

    def readout(self, states: Array) -> Array:
        """Give the rates in Hz (…, neuron) of states (…, latent)."""
        rows = np.asarray(states, float).reshape(-1, self._width)
        rates_hz = self._readout(rows)
        return rates_hz.reshape(*np.shape(states)[:-1], rates_hz.shape[1])

    def parameters(self) -> Mapping[str, np.ndarray]:
        """Give nothing: the weights are within the models."""
        return {}
