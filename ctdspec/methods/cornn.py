"""Rate networks by convex regression."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.methods.rate_law import RateLaw, Unit
from ctdspec.methods.student import Law, Series, Student

_MARGIN = 1e-3


class Cornn(Student):
    """A leaky-rate network whose rates are fitted by a convex loss (Dinc et al. 2023).

    The target of each unit's tanh is d = (x⁺ − (1 − a) x) / a, clipped to (−1, 1); the loss is the
    cross-entropy of (1 + d) / 2 with (1 + tanh z) / 2 for the drive z = W x + G u. It is minimised by the
    bound of Böhning and Lindsay (1988), whose steps share one Gram matrix and never raise the loss. Units are
    tanh: activity has to be scaled to stay within (−1, 1), and its noise so that targets do.
    """

    kind: Literal["cornn"]
    time_constant_s: float = Field(gt=0)
    """How long a unit remembers by itself, in seconds."""
    ridge: float = Field(ge=0)
    """Penalty of squared weights, per bin."""
    iterations: int = Field(ge=1, le=100_000)
    """Steps of the minimisation."""

    def law(self, train: Series, seed: int) -> Law:
        """Minimise the loss."""
        before, after, inputs = train.transitions
        share = Unit(time_constant_s=self.time_constant_s, phi="tanh").share(train.bin_s)
        target = np.clip((after - (1 - share) * before) / share, _MARGIN - 1, 1 - _MARGIN)
        regressors = np.concatenate([before, inputs], axis=1)
        found = _fit(regressors, target, self.ridge, self.iterations).T
        n = before.shape[1]
        return RateLaw(found[:, :n], found[:, n:], share, "tanh", "leaky_rate")


def _fit(regressors: np.ndarray, target: np.ndarray, ridge: float, iterations: int) -> np.ndarray:
    """Give the weights (regressor, unit) whose tanh is nearest to the target in cross-entropy.

    The loss per bin is Σ log(2 cosh z) − d z, whose gradient is tanh z − d and whose curvature is at most 1.
    """
    n_rows = len(regressors)
    gram = regressors.T @ regressors / n_rows + ridge * np.eye(regressors.shape[1])
    inverse = np.linalg.pinv(gram, hermitian=True)
    weights = np.zeros((regressors.shape[1], target.shape[1]))
    for _ in range(iterations):
        gradient = regressors.T @ (np.tanh(regressors @ weights) - target) / n_rows + ridge * weights
        weights -= inverse @ gradient
    return weights
