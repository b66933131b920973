"""Rate networks by recursive least squares while they run."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.methods.rate_law import RateLaw, Unit
from ctdspec.methods.student import Law, Series, Student
from ctdspec.seeds import stream


class Force(Student):
    """A network that runs while its weights are corrected in every bin (FORCE; Sussillo & Abbott 2009).

    Every unit has the activity of one recorded neuron for its target; each trial starts there. In every bin
    the weights take the step of recursive least squares that would have led each unit where its neuron went.
    """

    kind: Literal["force"]
    unit: Unit
    """What a unit does by itself."""
    gain: float = Field(ge=0, le=10)
    """The weights start as independent normal numbers of variance gain² / units."""
    ridge: float = Field(gt=0)
    """What the inverse covariance of the rates starts from is 1 / ridge."""
    passes: int = Field(ge=1, le=100_000)
    """How often the trials are run through."""
    trials: int = Field(ge=1, le=100_000)
    """How many train trials are used; all if there are fewer."""

    def law(self, train: Series, seed: int) -> Law:
        """Run through the trials, all of a pass in their order."""
        share, n = self.unit.share(train.bin_s), train.activity.shape[2]
        width = n + train.inputs.shape[2]
        weights = np.zeros((n, width))
        rng = stream(seed, f"methods/{self.name}/weights")
        weights[:, :n] = self.gain * rng.standard_normal((n, n)) / np.sqrt(n)
        inverse = np.eye(width) / self.ridge
        trials = range(min(self.trials, len(train.activity)))
        for _ in range(self.passes):
            for trial in trials:
                n_bins = int(train.valid[trial].sum())
                followed, inputs = train.activity[trial, :n_bins], train.inputs[trial, :n_bins]
                self._run(weights, inverse, followed, inputs, share)
        return RateLaw(weights[:, :n], weights[:, n:], share, self.unit.phi, "leaky_current")

    def _run(
        self,
        weights: np.ndarray,
        inverse: np.ndarray,
        followed: np.ndarray,
        inputs: np.ndarray,
        share: float,
    ) -> None:
        """Run one trial; weights and inverse change in place."""
        states = followed[0]
        for wanted, given in zip(followed[1:], inputs[1:], strict=True):
            rates = np.concatenate([self.unit.applied(states), given])
            moved = (1 - share) * states + share * (weights @ rates)
            direction = inverse @ rates
            step = direction / (1 + rates @ direction)
            weights -= np.outer((moved - wanted) / share, step)
            inverse -= np.outer(direction, step)
            states = moved
