"""Vector autoregression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, final

import numpy as np
from pydantic import Field

from ctdspec.dynamics.lagged import companion
from ctdspec.methods.student import Law, Series, Student

if TYPE_CHECKING:
    from ctdspec.dynamics.dynamics import Array


class VectorAutoregression(Student):
    """Activity as a linear function of its last bins, and of known inputs: a student with a little memory.

    States are the last `order` bins, newest first. In infinite data it is
    `ctdspec.dynamics.lagged.yule_walker`.
    """

    kind: Literal["vector_autoregression"]
    order: int = Field(ge=1, le=1000)
    """How many bins back it looks."""
    ridge: float = Field(ge=0)
    """Penalty of squared coefficients, per bin and in squared units of the activity."""

    def law(self, train: Series, seed: int) -> Law:
        """Fit by least squares."""
        past = _past(train.activity, self.order)
        n_bins = past.shape[1]
        whole = np.lib.stride_tricks.sliding_window_view(train.valid, self.order + 1, axis=1).all(axis=2)
        pairs = np.zeros((len(past), n_bins - 1), bool)
        pairs[:, self.order - 1 :] = whole
        rows = np.concatenate([past[:, :-1][pairs], train.inputs[:, 1:][pairs]], axis=1)
        gram = rows.T @ rows / len(rows) + self.ridge * np.eye(rows.shape[1])
        moments = rows.T @ train.activity[:, 1:][pairs] / len(rows)
        found = np.linalg.lstsq(gram, moments, rcond=None)[0].T
        n = train.activity.shape[2]
        own = found[:, : n * self.order].reshape(n, self.order, n).swapaxes(0, 1)
        gains = np.zeros((n * self.order, train.inputs.shape[2]))
        gains[:n] = found[:, n * self.order :]
        return CompanionLaw(companion(own), gains, self.order)


@final
@dataclass(frozen=True)
class CompanionLaw(Law):
    """The last bins, newest first, move by a companion matrix.

    Attributes
    ----------
    matrix : (latent, latent)
    gains : (latent, input)
    order : int
    """

    matrix: np.ndarray
    gains: np.ndarray
    order: int

    @property
    def n_latents(self) -> int:
        """Neurons times bins."""
        return len(self.matrix)

    def step(self, states: Array, inputs: Array) -> Array:
        """Advance by one bin."""
        moved = states @ self.matrix.T
        return moved + inputs @ self.gains.T if self.gains.shape[1] else moved

    def states(self, series: Series) -> np.ndarray:
        """Give the last bins; before a trial stands its first bin."""
        return _past(series.activity, self.order)


def _past(activity: np.ndarray, order: int) -> np.ndarray:
    """Give the last `order` bins side by side, newest first, (trial, time, order * neuron)."""
    first = np.repeat(activity[:, :1], order - 1, axis=1)
    padded, n_bins = np.concatenate([first, activity], axis=1), activity.shape[1]
    return np.concatenate([padded[:, order - 1 - k : order - 1 - k + n_bins] for k in range(order)], axis=2)
