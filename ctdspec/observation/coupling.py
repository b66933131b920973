"""Who hears whom in a coupled population."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from ctdspec.errors import UsageError
from ctdspec.spec.node import Node

_WEIGHT_UNIT = 2.0**-12


class Hubs(Node):
    """Neurons that speak to many others."""

    number: int = Field(ge=1, le=100_000)
    """How many there are; they are drawn at random."""
    density: float = Field(ge=0, le=1)
    """Probability that a neuron hears a hub."""


class Coupling(Node):
    """The filters that the spikes of other neurons pass: exponentials with a delay of one step."""

    density: float = Field(ge=0, le=1)
    """Probability that a neuron hears another."""
    excitatory: float = Field(ge=0, le=1)
    """Probability that a neuron excites all it speaks to; otherwise it inhibits them."""
    weight_sd: float = Field(ge=0, le=5)
    """Size of the weights: what a spike adds to, or takes from, the log intensity is the absolute value of a
    normal variable of this standard deviation."""
    tau_s: float = Field(gt=0, le=1)
    """Time constant with which that decays, in seconds."""
    hubs: Hubs | None = None
    """Neurons of another density; left out if there are none."""
    states: int | None = Field(default=None, ge=2, le=1000)
    """Number of discrete states of the system, in each of which edges have sizes of their own; who hears
    whom, and the signs, are the same in all. Left out if couplings do not switch."""

    def draw_hubs(self, n_neurons: int, rng: np.random.Generator) -> np.ndarray:
        """Draw which neurons are hubs, (neuron,) bool.

        Raises
        ------
        UsageError
            If there are fewer neurons than hubs.
        """
        hubs = np.zeros(n_neurons, bool)
        if self.hubs is not None:
            if self.hubs.number > n_neurons:
                raise UsageError(
                    f"observation.noise.coupling.hubs.number is {self.hubs.number}, but {n_neurons} neurons"
                    " are observed; lower it, or observe more"
                )
            hubs[rng.permutation(n_neurons)[: self.hubs.number]] = True
        return hubs

    def draw(self, hubs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw the weights (neuron, source neuron) float32, 0 on the diagonal.

        They are whole multiples of 2⁻¹², so that sums of them are exact in any order: what is drawn
        later does not depend on how a linear algebra library orders its sums.

        Those of a coupling with states have one more axis, (state, neuron, source neuron).

        Parameters
        ----------
        hubs : (neuron,) bool
            From `draw_hubs`.
        rng
        """
        n_neurons = len(hubs)
        density = np.where(hubs, self.hubs.density if self.hubs else self.density, self.density)
        size = np.abs(self.weight_sd * rng.standard_normal((n_neurons, n_neurons)))
        sign = np.where(rng.random(n_neurons) < self.excitatory, 1.0, -1.0)
        present = rng.random((n_neurons, n_neurons)) < density
        np.fill_diagonal(present, False)
        if self.states is not None:
            size = np.abs(self.weight_sd * rng.standard_normal((self.states, n_neurons, n_neurons)))
        return (np.round(size * sign * present / _WEIGHT_UNIT) * _WEIGHT_UNIT).astype(np.float32)
