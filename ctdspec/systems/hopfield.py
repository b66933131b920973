"""The Hopfield network."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

import numpy as np
from array_api_compat import array_namespace
from pydantic import Field, model_validator

from ctdspec.dynamics.dynamics import Array
from ctdspec.seeds import stream
from ctdspec.systems.vector_field import VectorField


class Hopfield(VectorField):
    """An associative memory of graded units (Hopfield 1984): dx = −x + W tanh(g x), with W symmetric.

    Patterns are random, of ±1. Every flow ends in a fixed point; about 0.138 patterns per unit can be stored
    by Hebb's rule (Amit et al. 1985).
    """

    kind: Literal["hopfield"]
    units: int = Field(ge=2, le=4096)
    """Number of units."""
    patterns: int = Field(ge=1)
    """Number of stored patterns."""
    rule: Literal["hebb", "projection"]
    """`hebb`: W = ΞΞᵀ / units without self-coupling, near whose patterns the fixed points lie. `projection`:
    W projects onto the patterns, which are then exact (Personnaz et al. 1985)."""
    gain: float = Field(gt=1)
    """g, the slope of the units at rest."""
    draw: int = Field(ge=0, lt=2**63)
    """Number of the draw of the patterns."""
    start_sd: float = Field(ge=0)
    """Standard deviation of the noise on the pattern near which a trial starts."""

    @model_validator(mode="after")
    def _ensure_patterns_fit(self) -> Hopfield:
        if self.rule == "projection" and self.patterns >= self.units:
            raise ValueError(
                f"patterns ({self.patterns}) must be fewer than units ({self.units}): more span all states,"
                " and nothing is recalled"
            )
        return self

    @property
    def latent_names(self) -> tuple[str, ...]:
        """One current per unit."""
        return tuple(f"unit_{i}" for i in range(self.units))

    @property
    def stored(self) -> np.ndarray:
        """The patterns (pattern, unit) of ±1."""
        return _patterns(self.patterns, self.units, self.draw)

    @property
    def weights(self) -> np.ndarray:
        """W (unit, unit)."""
        return _weights(self.rule, self.patterns, self.units, self.draw)

    def field(self, states: Array, inputs: Array | None) -> Array:
        """Give the flow of the currents."""
        xp = array_namespace(states)
        return -states + xp.tanh(self.gain * states) @ xp.asarray(self.weights)

    def jacobian(self, states: np.ndarray) -> np.ndarray:
        """Give the derivative of the flow."""
        slopes = self.gain / np.cosh(self.gain * states) ** 2
        return self.weights * slopes[..., None, :] - np.eye(self.units)

    def start(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Start at a random pattern or its opposite, with noise."""
        chosen = self.stored[rng.integers(self.patterns, size=n_trials)]
        chosen = chosen * rng.choice([-1.0, 1.0], (n_trials, 1))
        return chosen + self.start_sd * rng.standard_normal(chosen.shape)

    def constants(self) -> Mapping[str, np.ndarray]:
        """Give W, g and the patterns."""
        return {"weights": self.weights, "gain": np.array(self.gain), "patterns": self.stored}

    def recalled(self) -> np.ndarray | None:
        """Give the fixed points (2 pattern, unit) of the patterns ξ and −ξ: ±mξ with m = tanh(g m).

        They are exact for the projection rule; None for Hebb's. There are others: 0, and mixtures.
        """
        if self.rule == "hebb":
            return None
        size = 1.0
        for _ in range(10_000):
            size, before = float(np.tanh(self.gain * size)), size
            if size == before:
                break
        return size * np.concatenate([self.stored, -self.stored])


def _patterns(patterns: int, units: int, draw: int) -> np.ndarray:
    return stream(draw, "hopfield").choice([-1.0, 1.0], (patterns, units))


# Not an attribute: a copy of the spec with another draw would keep the weights of this one.
@lru_cache(maxsize=4)
def _weights(rule: str, patterns: int, units: int, draw: int) -> np.ndarray:
    stored = _patterns(patterns, units, draw)
    if rule == "projection":
        return np.linalg.pinv(stored) @ stored
    weights = stored.T @ stored / units
    np.fill_diagonal(weights, 0)
    return weights
