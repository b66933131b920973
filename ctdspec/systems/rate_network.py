"""Rate networks whose weights are constructed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from array_api_compat import array_namespace
from pydantic import Field, model_validator

from ctdspec.dynamics.dynamics import Array
from ctdspec.dynamics.stationary import stationary_covariance
from ctdspec.errors import UsageError
from ctdspec.seeds import stream
from ctdspec.spec.component import OneOf
from ctdspec.spec.placed import at
from ctdspec.systems.connectivity.connectivity import Connectivity, Integrator, Weights
from ctdspec.systems.flow import Flow
from ctdspec.systems.quiescence import Quiescence, ensure_quiescent
from ctdspec.systems.vector_field import VectorField
from ctdspec.tasks.task import Task


class RateNetwork(VectorField):
    """A recurrent network of rate units with constructed weights B, whose mechanism is therefore known.

    `leaky_current`: dx = (−x + B φ(x) + v) dt + σ dW. `leaky_rate`: dx = (−x + φ(B x) + v) dt + σ dW. Time
    is in units of the units' time constant, `time_unit_s`. It runs by itself; if its connectivity
    integrates, it can also take one input u, with v = `input_gain` · u · b, and give one output, its estimate
    of the integral of u over seconds.
    """

    kind: Literal["rate_network"]
    units: int = Field(ge=1, le=10_000)
    """Number of units."""
    connectivity: Annotated[Connectivity, OneOf("connectivity")]
    """How the weights are constructed."""
    draw: int = Field(ge=0, lt=2**63)
    """Number of the draw of the weights: the same draw is the same network, whatever the benchmark's seed."""
    form: Literal["leaky_current", "leaky_rate"]
    """Whether φ acts on the state before the weights, or on the weighted sum after them."""
    phi: Literal["identity", "tanh", "relu"]
    """φ, the nonlinearity of the units."""
    input_gain: float | None = Field(default=None, gt=0)
    """How strongly the input drives; left out for a network that runs by itself."""
    initial_sd: float = Field(ge=0)
    """Standard deviation of every unit where a trial starts, before the burn-in. A start far outside the
    stationary states is a large transient, which a fitted model may take for most of the data."""
    accept: Quiescence | None = None
    """What the network without noise must do when it is left alone; left out, any draw will do."""

    @model_validator(mode="after")
    def _ensure_parts_fit(self) -> RateNetwork:
        with at("units"):
            self.connectivity.ensure_connects(self.units)
        with at("input_gain"):
            if self.input_gain is not None and not self.connectivity.integrates:
                raise ValueError(
                    f"connectivity {self.connectivity.kind} has no place for an input; leave input_gain out"
                )
        with at("accept"):
            if self.phi == "relu" and self.accept is None:
                raise ValueError(
                    "relu units can run away, and no eigenvalue tells: give accept, what they must do"
                )
        return self

    @property
    def latent_names(self) -> tuple[str, ...]:
        """One per unit."""
        return tuple(f"unit_{i}" for i in range(self.units))

    @property
    def n_latents(self) -> int:
        """The units."""
        return self.units

    @property
    def linear_units(self) -> int | None:
        """The units, if φ is the identity."""
        return self.units if self.phi == "identity" else None

    @property
    def weights(self) -> Weights:
        """The weights of this draw."""
        # Pydantic makes frozen nodes hashable, but does not say so.
        return _weights(self.connectivity, self.units, self.draw)  # pyright: ignore[reportArgumentType]

    @property
    def integration(self) -> Integrator | None:
        """How the input enters and the output leaves; None for a network that runs by itself."""
        return None if self.input_gain is None else self.weights.integrator

    def field(self, states: Array, inputs: Array | None) -> Array:
        """Give the flow of the units."""
        xp = array_namespace(states)
        matrix = xp.asarray(self.weights.matrix)
        if self.form == "leaky_current":
            flow = self._phi(states) @ matrix.T - states
        else:
            flow = self._phi(states @ matrix.T) - states
        if self.integration is not None and inputs is not None and inputs.shape[-1]:
            flow = flow + self.input_gain * inputs * xp.asarray(self.integration.input_weights)
        return flow

    def _phi(self, values: Array) -> Array:
        if self.phi == "identity":
            return values
        xp = array_namespace(values)
        return xp.tanh(values) if self.phi == "tanh" else xp.where(values.real > 0, values, 0 * values)

    def jacobian(self, states: np.ndarray) -> np.ndarray:
        """Give the derivative of the flow."""
        matrix = self.weights.matrix
        if self.form == "leaky_current":
            return matrix * self._slopes(states)[..., None, :] - np.eye(self.units)
        return self._slopes(states @ matrix.T)[..., :, None] * matrix - np.eye(self.units)

    def _slopes(self, values: np.ndarray) -> np.ndarray:
        if self.phi == "tanh":
            return 1 - np.tanh(values) ** 2
        return np.where(values > 0, 1.0, 0.0) if self.phi == "relu" else np.ones_like(values)

    def start(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Start from independent units; an integrator starts without anything along its input."""
        states = self.initial_sd * rng.standard_normal((n_trials, self.units))
        if self.integration is not None:
            along = self.integration.input_weights / np.linalg.norm(self.integration.input_weights)
            states -= (states @ along)[:, None] * along
        return states

    def constants(self) -> Mapping[str, np.ndarray]:
        """Give B and, of an integrator, the weights of its input and output."""
        constants = {"weights": self.weights.matrix}
        if self.integration is not None:
            constants["input_weights"] = self.integration.input_weights
            constants["output_weights"] = self.integration.output_weights
        return constants

    def readout(self, states: Array) -> Array:
        """Give the integral of the input over time in seconds, as the network has it."""
        if self.integration is None or self.input_gain is None:
            return states[..., :0]
        xp = array_namespace(states)
        weights = self.integration.output_weights[:, None] * (self.time_unit_s / self.input_gain)
        return states @ xp.asarray(weights, dtype=states.dtype)

    def known_fixed_points(self) -> np.ndarray | None:
        """Give the origin, of a linear network."""
        return np.zeros((1, self.units)) if self.phi == "identity" else None

    def known_eigenvalues_hz(self) -> np.ndarray | None:
        """Give those of a linear network whose construction tells the λ of its weights: (λ − 1) / unit."""
        if self.phi != "identity" or self.weights.eigenvalues is None:
            return None
        return (self.weights.eigenvalues[None] - 1) / self.time_unit_s

    def stationary_covariance(self) -> np.ndarray:
        """Give the covariance (unit, unit) of the stationary states of a linear network driven by its noise.

        Raises
        ------
        UsageError
            If the network is not linear, or not stable.
        """
        if self.phi != "identity":
            raise UsageError(
                f"phi: found {self.phi}, needed identity: only linear networks have the equation"
            )
        drift = self.weights.matrix - np.eye(self.units)
        return stationary_covariance(drift, self.noise_sd**2 * np.eye(self.units))

    def ensure_serves(self, task: Task) -> None:
        """Refuse a task that it has no inputs and outputs for, and a linear network that is not stable."""
        n_inputs, n_outputs = len(task.input_names), len(task.output_names)
        if self.input_gain is None:
            super().ensure_serves(task)
        elif n_inputs > 1 or n_outputs > 1:
            raise ValueError(
                "an integrator takes one input and gives one output, its integral; the task "
                f"{task.kind!r} has {n_inputs} and {n_outputs}"
            )
        if self.phi == "identity":
            with at("connectivity"):
                self._ensure_stable(task.bin_s / self.time_unit_s / self.steps_per_bin)

    def _ensure_stable(self, dt: float) -> None:
        eigenvalues = self.weights.eigenvalues
        if eigenvalues is None:
            eigenvalues = np.linalg.eigvals(self.weights.matrix)
        abscissa = float(np.real(eigenvalues).max())
        if abscissa >= 1:
            raise ValueError(
                f"the weights have the spectral abscissa {abscissa:.4g}, and a linear network is stable only"
                " below 1: it would grow without bound; take weaker weights, another draw, or phi: tanh"
            )
        growth = float(np.abs(1 + dt * (eigenvalues - 1)).max())
        if self.integrator == "euler_maruyama" and growth >= 1:
            raise ValueError(
                f"integration steps of {dt:.4g} time constants multiply a mode by {growth:.4g}: the network"
                " is stable, but its steps are not; raise steps_per_bin"
            )

    def dynamics(self, task: Task, weights: Path | None) -> Flow:
        """Give the network in steps of the task's bins.

        Raises
        ------
        UsageError
            If the network is not quiescent, and `accept` says that it must be.
        """
        if self.accept is not None:
            name = f"system: draw {self.draw} of connectivity {self.connectivity.kind}"
            ensure_quiescent(self, self.accept, stream(self.draw, "quiescence"), name)
        return super().dynamics(task, weights)


# Not an attribute: a copy of the spec with another draw would keep the weights of this one.
@lru_cache(maxsize=4)
def _weights(connectivity: Connectivity, units: int, draw: int) -> Weights:
    return connectivity.weights(units, stream(draw, "connectivity"))
