"""The FitzHugh–Nagumo neuron."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from array_api_compat import array_namespace
from pydantic import Field

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.vector_field import VectorField, matrices


class FitzHughNagumo(VectorField):
    """An excitable neuron in the plane (FitzHugh 1961): dv = v − v³/3 − w + I, dw = ε(v + a − bw)."""

    kind: Literal["fitzhugh_nagumo"]
    a: float
    """a, which moves the threshold; 0.7 in the classical model."""
    b: float = Field(gt=0)
    """b, the leak of the recovery; 0.8 in the classical model."""
    epsilon: float = Field(gt=0)
    """ε, how much slower the recovery is than the spike; 0.08 in the classical model."""
    current: float
    """I, the constant current; 0.5 makes the classical model fire again and again."""

    @property
    def latent_names(self) -> tuple[str, ...]:
        """Two: the membrane v and its recovery w."""
        return ("v", "w")

    def field(self, states: Array, inputs: Array | None) -> Array:
        """Give the flow of the equations."""
        v, w = states[..., 0], states[..., 1]
        flow = [v - v * v * v / 3 - w + self.current, self.epsilon * (v + self.a - self.b * w)]
        return array_namespace(states).stack(flow, axis=-1)

    def jacobian(self, states: np.ndarray) -> np.ndarray:
        """Give the derivative of the flow."""
        return matrices([[1 - states[..., 0] ** 2, -1], [self.epsilon, -self.epsilon * self.b]])

    def start(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Start on an ellipse about the origin that is as wide as the cycle of the classical model."""
        angle = 2 * np.pi * rng.random(n_trials)
        return np.stack([2 * np.cos(angle), np.sin(angle)], axis=-1)

    def constants(self) -> Mapping[str, np.ndarray]:
        """Give a, b, ε and I."""
        return {name: np.array(getattr(self, name)) for name in ("a", "b", "epsilon", "current")}

    def known_fixed_points(self) -> np.ndarray:
        """Give where the nullclines meet: the real roots of v − v³/3 − (v+a)/b + I = 0."""
        roots = np.roots([-1 / 3, 0, 1 - 1 / self.b, self.current - self.a / self.b])
        v = np.sort(roots.real[np.abs(roots.imag) < 1e-9])
        return np.stack([v, (v + self.a) / self.b], axis=-1)
