"""What a method answers, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ctdspec.submissions.exchange import AnsweredDynamics

Scalar = bool | int | float | str | None
SPLITS = ("train", "val", "test")
_ROUNDING = 1e-3


@dataclass(frozen=True)
class SplitAnswer:
    """The answer for the trials of one split, in their order.

    Attributes
    ----------
    rates_hz : (trial, time, neuron) float32
        Rates of all neurons, the held-in and the held-out ones, in the order of their ids.
    states : (trial, time, latent) float32, optional
        What the method takes for the state of the system.
    inputs : (trial, time, input) float32, optional
        Inputs that the method inferred.
    """

    rates_hz: np.ndarray
    states: np.ndarray | None = None
    inputs: np.ndarray | None = None

    @property
    def has_probabilities(self) -> bool:
        """Whether the states of every bin are probabilities: at least 0, and 1 together, within 0.001."""
        if self.states is None or self.states.min(initial=0) < 0:
            return False
        return bool(np.abs(self.states.sum(axis=2, dtype=float) - 1).max(initial=0) < _ROUNDING)


@dataclass(frozen=True)
class Answer:
    """What a method says about a dataset: one `SplitAnswer` per split it covers."""

    method: str
    dataset: str
    """Digest of the dataset that is answered."""
    splits: Mapping[str, SplitAnswer]
    given_inputs: bool = False
    """Whether the method was shown the stimulus."""
    parameters: Mapping[str, Scalar | list[Scalar]] = field(default_factory=dict)
    """Settings and choices of the fit, for the record."""
    dynamics: AnsweredDynamics | None = None
    """How the states move, and the rates they stand for; None if the method does not say."""
    connectivity: np.ndarray | None = None
    """(neuron, source neuron) float32: how strongly each neuron is driven by each other one, above 0 where it
    is excited and below where it is inhibited, in any unit; the diagonal is never looked at. None if the
    method does not say."""

    @property
    def has_probabilities(self) -> bool:
        """Whether the states of every split are probabilities; see `SplitAnswer.has_probabilities`."""
        return all(split.has_probabilities for split in self.splits.values())
