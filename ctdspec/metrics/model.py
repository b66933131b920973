"""Dynamics side by side: those of the true system, and those that an answer brings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from ctdspec.dynamics.dynamics import Array, Dynamics
from ctdspec.dynamics.fixed_point_search import Search
from ctdspec.errors import UsageError
from ctdspec.metrics.fixed_points import PointSet
from ctdspec.metrics.surrogates import LinearLaw
from ctdspec.submissions.answer import Answer
from ctdspec.submissions.exchange import InputKind
from ctdspec.submissions.runnable import RunnableDynamics


@dataclass(frozen=True)
class KnownFixedPoints:
    """The fixed points of the true system under one constant input, and how they were looked for.

    Attributes
    ----------
    points : PointSet
    inputs : (input,) float64
    search : Search
    """

    points: PointSet
    inputs: np.ndarray
    search: Search


@dataclass(frozen=True)
class KnownExponents:
    """The Lyapunov exponents of a system that runs by itself, and how long it was followed.

    Attributes
    ----------
    exponents_hz : (latent,) float64
        Decreasing.
    n_bins, transient_bins : int
        Bins of each trajectory that count, and those before.
    """

    exponents_hz: np.ndarray
    n_bins: int
    transient_bins: int


@dataclass(frozen=True)
class TrueSystem:
    """The system that made a dataset.

    Attributes
    ----------
    load
        Gives its dynamics; asked at most once, and only if a metric needs them.
    fixed_points, exponents
        What is known of it; None if the spec did not have it analysed.
    """

    load: Callable[[], Dynamics]
    fixed_points: KnownFixedPoints | None = None
    exponents: KnownExponents | None = None

    @cached_property
    def dynamics(self) -> Dynamics:
        """The dynamics."""
        return self.load()


@dataclass(frozen=True)
class Model:
    """Dynamics whose states are an answer's, and the inputs that they take.

    Attributes
    ----------
    dynamics : Dynamics
    inputs
        As in `ctdspec.submissions.exchange`.
    """

    dynamics: Dynamics
    inputs: InputKind

    @classmethod
    def of(cls, answer: Answer) -> Model | None:
        """Give what an answer brings; None if it brings nothing, or has no states."""
        states = answer.splits["test"].states
        if answer.dynamics is None or states is None:
            return None
        return cls(RunnableDynamics(answer.dynamics, states.shape[2]), answer.dynamics.inputs)


@final
class LinearDynamics(Dynamics):
    """A linear law as dynamics: what chance brings, for it is right in mean, covariance and one step."""

    def __init__(self, law: LinearLaw) -> None:
        self.law = law

    @property
    def n_latents(self) -> int:
        """Those of the law."""
        return len(self.law.mean)

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """None is used."""
        return (0,)

    def initial_states(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Refuse: only its step is asked for."""
        raise UsageError("a linear law is followed from given states")

    def step(self, states: Array, inputs: Array, noise: Array | None = None) -> Array:
        """Give the mean of the next states."""
        return (states - self.law.mean) @ self.law.step + self.law.mean

    def readout(self, states: Array) -> Array:
        """Give nothing."""
        return states[..., :0]

    def parameters(self) -> Mapping[str, np.ndarray]:
        """Give the law."""
        return {"step": self.law.step, "mean": self.law.mean}
