"""The low-rank network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from array_api_compat import array_namespace
from pydantic import Field, model_validator

from ctdspec.dynamics.dynamics import Array
from ctdspec.systems.cells._functions import affine, mix, multiply_add
from ctdspec.systems.cells._weights import normal
from ctdspec.systems.cells.cell import Cell

_RANDOM = "weight_random"


class LowRank(Cell):
    """Rate network whose recurrent weights are of low rank, on top of fixed random ones.

    τ dx/dt = −x + J tanh(x) + I u + b with J = χ + M Nᵀ / units (Mastrogiuseppe & Ostojic 2018), by Euler's
    method, with white noise on the new state. The state is x, what the units receive. Without the random
    part, and without noise, it soon lies in the space that M, I and b span.
    """

    kind: Literal["low_rank"]
    rank: int = Field(ge=1)
    """Rank of the trained part of the recurrent weights."""
    random_gain: float = Field(ge=0)
    """Strength g of the random part, which is not trained: its weights have the variance g²/units."""
    leak: float = Field(gt=0, le=1)
    """Share of the state that is renewed in each bin: the length of a bin over the time constant."""
    noise_sd: float = Field(ge=0)
    """Standard deviation of the noise on each unit, per bin."""

    @model_validator(mode="after")
    def _ensure_rank_is_low(self) -> LowRank:
        if self.rank > self.units:
            raise ValueError(f"rank ({self.rank}) must not exceed units ({self.units})")
        return self

    @property
    def fixed_weights(self) -> frozenset[str]:
        """The random part."""
        return frozenset({_RANDOM}) if self.random_gain > 0 else frozenset()

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """One draw per unit."""
        return (self.units,)

    def initial_weights(self, n_inputs: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the weights that training starts from.

        Returns
        -------
        dict
            float32 ``weight_left`` M and ``weight_right`` N (unit, rank) and ``weight_ih`` I (unit, input),
            standard normal; ``bias`` (unit,), 0; with a random part, ``weight_random`` χ (unit, unit).
        """
        weights = {
            "weight_left": normal((self.units, self.rank), 1, rng),
            "weight_right": normal((self.units, self.rank), 1, rng),
            "weight_ih": normal((self.units, n_inputs), 1, rng),
            "bias": np.zeros(self.units, np.float32),
        }
        if self.random_gain > 0:
            sd = self.random_gain * self.units**-0.5
            weights[_RANDOM] = normal((self.units, self.units), sd, rng)
        return weights

    def step(self, weights: Mapping[str, Array], states: Array, inputs: Array, noise: Array | None) -> Array:
        """Give states + leak × (J tanh(states) + I inputs + b − states) + noise_sd × noise."""
        rates = array_namespace(states).tanh(states)
        drive = affine(inputs, weights["weight_ih"], weights["bias"])
        overlap = rates @ weights["weight_right"] * (1 / self.units)
        drive = affine(overlap, weights["weight_left"], drive)
        if _RANDOM in weights:
            drive = affine(rates, weights[_RANDOM], drive)
        states = mix(states, drive, self.leak)
        return states if noise is None else multiply_add(states, self.noise_sd, noise)
