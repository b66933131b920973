"""Rate networks as students: the law that several ways of fitting share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, final

import numpy as np
from pydantic import Field

from ctdspec.methods.student import Law, Series
from ctdspec.spec.node import Node

if TYPE_CHECKING:
    from ctdspec.dynamics.dynamics import Array

Form = Literal["leaky_current", "leaky_rate"]
Phi = Literal["identity", "tanh"]


class Unit(Node):
    """The single-unit dynamics that a student is given, and does not learn."""

    time_constant_s: float = Field(gt=0)
    """How long a unit remembers by itself, in seconds."""
    phi: Phi
    """Nonlinearity of the units."""

    def share(self, bin_s: float) -> float:
        """Give the share of the way to its drive that a unit goes in one bin: an Euler step."""
        return bin_s / self.time_constant_s

    def applied(self, states: np.ndarray) -> np.ndarray:
        """Give φ of states."""
        return np.tanh(states) if self.phi == "tanh" else states


@final
@dataclass(frozen=True)
class RateLaw(Law):
    """x ← x + a (−x + W φ(x) + G u), or with φ around the drive W x + G u; recorded units come first.

    Attributes
    ----------
    weights : (unit, unit)
    gains : (unit, input)
    share : float
        a.
    phi, form
        As of a rate network.
    """

    weights: np.ndarray
    gains: np.ndarray
    share: float
    phi: Phi
    form: Form

    @property
    def n_latents(self) -> int:
        """The units."""
        return len(self.weights)

    def step(self, states: Array, inputs: Array) -> Array:
        """Advance by one bin."""
        drive = self._phi(states) if self.form == "leaky_current" else states
        drive = drive @ self.weights.T
        if self.gains.shape[1]:
            drive = drive + inputs @ self.gains.T
        drive = drive if self.form == "leaky_current" else self._phi(drive)
        return (1 - self.share) * states + self.share * drive

    def _phi(self, values: Array) -> Array:
        from array_api_compat import array_namespace

        return array_namespace(values).tanh(values) if self.phi == "tanh" else values

    def states(self, series: Series) -> np.ndarray:
        """Give the recorded activity, and what hidden units make of it from rest."""
        n_trials, n_bins, n_seen = series.activity.shape
        if n_seen == self.n_latents:
            return series.activity
        states = np.zeros((n_trials, n_bins, self.n_latents))
        states[..., :n_seen] = series.activity
        for t in range(1, n_bins):
            states[:, t, n_seen:] = self.step(states[:, t - 1], series.inputs[:, t])[:, n_seen:]
        return states
