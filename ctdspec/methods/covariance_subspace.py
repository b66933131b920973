"""Linear systems from lagged covariances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, final

import numpy as np
from pydantic import Field

from ctdspec.dynamics.lagged import ho_kalman, past_regression
from ctdspec.errors import MethodError, UsageError
from ctdspec.methods.student import Law, Series, Student

if TYPE_CHECKING:
    from ctdspec.dynamics.dynamics import Array


class CovarianceSubspace(Student):
    """A linear system with hidden states, from the lagged covariances of activity (Ho & Kalman 1966).

    One that needs no likelihood, and that independent noise of the recording does not bias. The step over one
    lag is found first; that of a bin is its root. States are regressions on the past of `blocks` lags. Inputs
    are not used.
    """

    kind: Literal["covariance_subspace"]
    inputs: Literal["none"]
    """Covariances know of no inputs."""
    latents: int = Field(ge=1, le=1000)
    """Dimension of the states."""
    lag_s: float = Field(gt=0)
    """Time between the covariances, in seconds: long enough for states to change, not to be forgotten."""
    blocks: int = Field(ge=1, le=100)
    """How many lags the past and the future have each."""

    def law(self, train: Series, seed: int) -> Law:
        """Decompose the lagged covariances."""
        lag = max(1, round(self.lag_s / train.bin_s))
        covariances = np.stack([train.lagged(lag * k) for k in range(2 * self.blocks + 1)])
        covariances[0] = (covariances[0] + covariances[0].T) / 2
        try:
            found = ho_kalman(covariances, self.latents)
        except UsageError as reason:
            raise MethodError(f"data model {self.name!r}: {reason}") from None
        step = _root(found.step, lag, self.name)
        return PastLaw(step, past_regression(found, covariances), lag, self.blocks)


@final
@dataclass(frozen=True)
class PastLaw(Law):
    """A linear step whose states are regressions on the past.

    Attributes
    ----------
    matrix : (latent, latent)
        Of one bin.
    regression : (latent, block * neuron)
    lag : int
        Bins between blocks of the past.
    blocks : int
    """

    matrix: np.ndarray
    regression: np.ndarray
    lag: int
    blocks: int

    @property
    def n_latents(self) -> int:
        """The states."""
        return len(self.matrix)

    def step(self, states: Array, inputs: Array) -> Array:
        """Advance by one bin."""
        return states @ self.matrix.T

    def states(self, series: Series) -> np.ndarray:
        """Regress on the past; before a trial stands its first bin."""
        n_bins = series.activity.shape[1]
        at = np.arange(n_bins)
        past = [series.activity[:, np.maximum(at - k * self.lag, 0)] for k in range(self.blocks)]
        return np.concatenate(past, axis=2) @ self.regression.T


def _root(step: np.ndarray, n: int, name: str) -> np.ndarray:
    """Give the real matrix whose nth power is `step`: the principal root.

    Raises
    ------
    MethodError
        If an eigenvalue is negative or 0, so that there is none.
    """
    values, vectors = np.linalg.eig(step)
    if n == 1:
        return step
    bad = (np.abs(np.imag(values)) < 1e-12) & (np.real(values) <= 0)
    if bad.any():
        raise MethodError(
            f"data model {name!r}: {int(bad.sum())} of its {len(values)} modes change sign within"
            " lag_s, which no continuous decay does: they are noise; take fewer latents, a shorter lag_s, or"
            " more data"
        )
    return np.real(vectors @ np.diag(values.astype(complex) ** (1 / n)) @ np.linalg.inv(vectors))
