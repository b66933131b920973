"""Answers that are made from the truth, some of them to fool a metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from ctdspec.dynamics.dynamics import Array, Dynamics
from ctdspec.errors import UsageError
from ctdspec.metrics.model import Model
from ctdspec.metrics.truth import SplitTruth, Truth, Wiring
from ctdspec.seeds import stream
from ctdspec.submissions.answer import Answer, SplitAnswer

Arrays = dict[str, np.ndarray]
Change = Callable[[Truth, SplitTruth, np.random.Generator], Arrays]
"""Gives what is not true in an answer: `rates_hz`, `states`, `inputs`."""


@dataclass(frozen=True)
class Contender:
    """An answer in the making.

    Attributes
    ----------
    change
        What it has in place of the truth.
    dynamics
        How its states move, given those of the truth; None if it brings none.
    fooled
        Metrics that are better than it deserves.
    wiring
        Who it says drives whom, (neuron, source neuron), given who does; of neurons that are coupled.
    """

    change: Change = lambda truth, true, rng: {}
    dynamics: Callable[[Dynamics], Dynamics] | None = None
    fooled: frozenset[str] = frozenset()
    wiring: Callable[[Wiring], np.ndarray] = lambda wiring: wiring.weights

    def answer(self, name: str, truth: Truth) -> Answer:
        """Give the answer, in float32 as a file would hold it."""
        splits = {}
        for split, true in truth.splits.items():
            rng = stream(0, f"contender/{name}/{split}")
            arrays: Arrays = {"rates_hz": true.rates_hz, "states": true.latents}
            arrays |= {} if true.inputs is None else {"inputs": true.inputs}
            arrays |= self.change(truth, true, rng)
            splits[split] = SplitAnswer(
                **{key: np.asarray(array, np.float32) for key, array in arrays.items()}
            )
        wiring = None if truth.wiring is None else np.asarray(self.wiring(truth.wiring), np.float32)
        return Answer(name, truth.dataset, splits, connectivity=wiring)

    def model(self, truth: Truth) -> Model | None:
        """Give the dynamics of its states."""
        if self.dynamics is None or truth.system is None:
            return None
        return Model(self.dynamics(truth.system.dynamics), "none")


@final
class Stepping(Dynamics):
    """Dynamics that are a step of states alone."""

    def __init__(self, n_latents: int, step: Callable[[Array], Array]) -> None:
        self._n_latents, self._step = n_latents, step

    @property
    def n_latents(self) -> int:
        """As given."""
        return self._n_latents

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """None is used."""
        return (0,)

    def initial_states(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Refuse: only its step is asked for."""
        raise UsageError("a step is followed from given states")

    def step(self, states: Array, inputs: Array, noise: Array | None = None) -> Array:
        """Give the next states."""
        return self._step(states)

    def readout(self, states: Array) -> Array:
        """Give nothing."""
        return states[..., :0]

    def parameters(self) -> Mapping[str, np.ndarray]:
        """Give nothing."""
        return {}


TRUTH = Contender()
"""The truth as an answer."""
SWAPPED = Contender(
    lambda truth, true, rng: {
        "rates_hz": other_trials(true.rates_hz, 2),
        "states": other_trials(true.latents),
        **({} if true.inputs is None else {"inputs": other_trials(true.inputs, 3)}),
    }
)
"""Each trial with the rates, the states and the inputs of others."""


def fooling(contender: Contender, *metrics: str) -> Contender:
    """Say that an answer fools metrics."""
    return replace(contender, fooled=frozenset(metrics))


def same(true: Dynamics) -> Dynamics:
    """Give the true dynamics."""
    return true


def scaled(speed: float) -> Callable[[Dynamics], Dynamics]:
    """Make dynamics that move by a multiple of every true step: 0 stands still, -1 goes back."""
    return lambda true: Stepping(
        true.n_latents, lambda states: states + speed * (true.step(states, states[:, :0]) - states)
    )


def pulled(towards: float, share: float) -> Callable[[Dynamics], Dynamics]:
    """Make dynamics that go a share of the way to one point in every bin."""
    return lambda true: Stepping(true.n_latents, lambda states: states + share * (towards - states))


def noise(array: np.ndarray, sd: float, rng: np.random.Generator) -> np.ndarray:
    """Draw white noise of the shape of an array."""
    return sd * rng.standard_normal(array.shape)


def wandering(true: SplitTruth, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw states (trial, time, n) that wander and mean nothing, with the spread of a mean latent."""
    walk = np.cumsum(rng.standard_normal((*true.valid.shape, n)), axis=1)
    return walk / walk.std() * true.latents.std()


def other_trials(array: np.ndarray, by: int = 1) -> np.ndarray:
    """Give each trial that of another."""
    return np.roll(array, by, axis=0)


def first_axes(truth: Truth, n: int) -> np.ndarray:
    """Give the first principal axes (latent, n) of the train trials."""
    train = truth.splits["train"]
    rows = train.latents[train.valid]
    return np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)[2][:n].T


def whitening(truth: Truth) -> np.ndarray:
    """Give the matrix (latent, latent) that makes all directions of the train trials equally large."""
    rows = truth.splits["train"].latents[truth.splits["train"].valid]
    values, axes = np.linalg.eigh(np.cov(rows.T.astype(float)))
    return axes / np.sqrt(values)


def mean_hz(truth: Truth) -> np.ndarray:
    """Give the mean true rates (neuron,) over the train trials."""
    return truth.splits["train"].rates_hz.mean(axis=(0, 1), dtype=float)
