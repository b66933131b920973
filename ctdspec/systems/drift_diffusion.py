"""The drift–diffusion model of decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from array_api_compat import array_namespace
from pydantic import Field

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.vector_field import VectorField
from ctdspec.tasks.task import Task


class DriftDiffusion(VectorField):
    """Evidence that is summed up until it reaches a bound (Ratcliff 1978): dx = (v + w·u) dt + σ dW.

    It starts from 0 and stays where it meets a bound. Without inputs, with bounds at ±a, the upper one is
    reached with probability 1 / (1 + exp(−2va/σ²)), after (a/v) tanh(va/σ²) on average (Bogacz et al. 2006).
    It runs by itself, or takes as many inputs u as it has weights; its output is x.
    """

    kind: Literal["drift_diffusion"]
    drift: float
    """v, the evidence that comes without inputs, per unit of the equation's own time."""
    bound: float | None = Field(default=None, gt=0)
    """a: x stays at ±a for good; left out for no bounds."""
    input_weights: list[float]
    """w, how much each input counts; empty for none."""

    @property
    def latent_names(self) -> tuple[str, ...]:
        """One: the evidence x."""
        return ("x",)

    def field(self, states: Array, inputs: Array | None) -> Array:
        """Give the drift."""
        drift = self.drift + 0 * states
        if inputs is None or not self.input_weights or inputs.shape[-1] == 0:
            return drift
        xp = array_namespace(inputs)
        return drift + (inputs @ xp.asarray(self.input_weights, dtype=inputs.dtype))[..., None]

    def jacobian(self, states: np.ndarray) -> np.ndarray:
        """Give zero: evidence is neither lost nor amplified."""
        return np.zeros((*states.shape, 1))

    def kept(self, before: Array, after: Array) -> Array:
        """Hold what has reached a bound, or does so in this step, at the bound."""
        if self.bound is None:
            return after
        xp = array_namespace(after)
        # Comparisons take the real part, so that complex steps differentiate what is free.
        was_held, is_held = (xp.abs(states.real) >= self.bound for states in (before, after))
        at_bound = self.bound * xp.sign(after.real) + 0 * after
        return xp.where(was_held, before, xp.where(is_held, at_bound, after))

    def start(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Start without evidence."""
        return np.zeros((n_trials, 1))

    def constants(self) -> Mapping[str, np.ndarray]:
        """Give v, w, and a where there are bounds."""
        constants = {"drift": np.array(self.drift), "input_weights": np.array(self.input_weights, float)}
        return constants if self.bound is None else constants | {"bound": np.array(self.bound)}

    def readout(self, states: Array) -> Array:
        """Give the evidence."""
        return states

    def choice_probability(self) -> float | None:
        """Give how probable the upper bound is without inputs; None without bounds or without noise."""
        if self.bound is None or self.noise_sd == 0:
            return None
        return float(1 / (1 + np.exp(-2 * self.drift * self.bound / self.noise_sd**2)))

    def mean_decision_s(self) -> float | None:
        """Give the mean time to a bound without inputs, in seconds; None without bounds or without noise."""
        if self.bound is None or self.noise_sd == 0:
            return None
        if self.drift == 0:
            return self.bound**2 / self.noise_sd**2 * self.time_unit_s
        tanh = np.tanh(self.drift * self.bound / self.noise_sd**2)
        return float(self.bound / self.drift * tanh) * self.time_unit_s

    def ensure_serves(self, task: Task) -> None:
        """Refuse a task of another number of inputs, and one that asks for more than one output."""
        n_inputs, n_outputs = len(task.input_names), len(task.output_names)
        if n_inputs not in (0, len(self.input_weights)):
            raise ValueError(
                f"the task {task.kind!r} has {n_inputs} inputs ({', '.join(task.input_names)}), but "
                f"system.input_weights has {len(self.input_weights)} weights; give one for each input"
            )
        if n_outputs > 1:
            raise ValueError(
                f"drift_diffusion has one output, x, but the task {task.kind!r} asks for {n_outputs}: "
                f"{', '.join(task.output_names)}"
            )
