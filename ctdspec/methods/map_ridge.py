"""Rate networks by ridge regression."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.methods.rate_law import RateLaw, Unit
from ctdspec.methods.student import Law, Series, Student


class MapRidge(Student):
    """The most probable weights of a rate network that moves the recorded neurons as they moved.

    W = a Σ(x⁺ − (1 − a) x) φ(x)ᵀ [ρ 1 + a² Σ φ(x) φ(x)ᵀ]⁻¹ with a = bin / time constant (Qian et al. 2024);
    known inputs are further regressors. In infinite data it is
    `ctdspec.dynamics.population_student.population_student`.
    """

    kind: Literal["map_ridge"]
    unit: Unit
    """What a unit does by itself."""
    ridge: float = Field(ge=0)
    """ρ, in squared units of the activity."""
    gram: Literal["sum", "mean"]
    """Whether Σ is the sum over bins or their mean: the same ρ is as many times stronger beside the mean as
    there are bins."""

    def law(self, train: Series, seed: int) -> Law:
        """Regress what drives the units on their own states."""
        before, after, inputs = train.transitions
        share = self.unit.share(train.bin_s)
        regressors = np.concatenate([self.unit.applied(before), inputs], axis=1)
        per = 1.0 if self.gram == "sum" else 1 / len(before)
        drive = after - (1 - share) * before
        gram = self.ridge * np.eye(regressors.shape[1]) + share**2 * per * (regressors.T @ regressors)
        found = np.linalg.lstsq(gram, share * per * (regressors.T @ drive), rcond=None)[0].T
        n = before.shape[1]
        return RateLaw(found[:, :n], found[:, n:], share, self.unit.phi, "leaky_current")
