"""Dynamics of which everything is known."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from ctdspec.dynamics.dynamics import Array, Dynamics


class Map(Dynamics):
    """Any map of states, without inputs."""

    def __init__(self, n_latents: int, function: Callable[[Array], Array]) -> None:
        self.n, self.function = n_latents, function

    @property
    def n_latents(self) -> int:
        return self.n

    @property
    def noise_shape(self) -> tuple[int, ...]:
        return (0,)

    def initial_states(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        return rng.standard_normal((n_trials, self.n))

    def step(self, states: Array, inputs: Array, noise: Array | None = None) -> Array:
        return self.function(states)

    def readout(self, states: Array) -> Array:
        return states[..., :0]

    def parameters(self) -> Mapping[str, np.ndarray]:
        return {}


@pytest.fixture
def make_map() -> Callable[[int, Callable[[Array], Array]], Map]:
    return Map
