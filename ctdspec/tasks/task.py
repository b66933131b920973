"""What a task is: what the network is shown, and what it should do."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from pydantic import Field, model_validator

from ctdspec.spec.component import Component


@dataclass(frozen=True)
class PointEvents:
    """Events of one kind that an experimenter can see: a pulse, a cue.

    Attributes
    ----------
    description
        What it is.
    happens : (trial, time) bool
        The bins at whose start one happens.
    """

    description: str
    happens: np.ndarray


@dataclass(frozen=True)
class Epochs:
    """A phase that trials of one kind or another have.

    Attributes
    ----------
    description
        What it is.
    start, stop : (trial,) int64
        Its first bin, and the one after its last; equal in a trial without it.
    """

    description: str
    start: np.ndarray
    stop: np.ndarray

    def bins(self, n_bins: int) -> np.ndarray:
        """Give (trial, time) bool: the bins that lie in it."""
        time = np.arange(n_bins)
        return (time >= self.start[:, None]) & (time < self.stop[:, None])


@dataclass(frozen=True)
class Trials:
    """Trials of a task, before anyone answered them.

    Attributes
    ----------
    stimulus : (trial, time, input) float32
        What the experimenter presents.
    inputs : (trial, time, input) float32
        What the network receives: the stimulus with the input noise on it.
    targets : (trial, time, output) float32
        What the network should do; NaN where nothing is asked.
    scored : (trial, time, output) bool
        Where an output counts towards the accuracy.
    valid : (trial, time) bool
        Bins that belong to the trial; the rest is padding of trials that end early.
    condition : (trial,) int64, optional
        Index into `Task.condition_names`; None for a task of one condition.
    epochs
        The phases of the trials, by name, in the order of time; empty for a task without phases.
    start : (trial, coordinate) float32, optional
        Where the body is at rest before the first bin; None for a task that needs no body.
    """

    stimulus: np.ndarray
    inputs: np.ndarray
    targets: np.ndarray
    scored: np.ndarray
    valid: np.ndarray
    condition: np.ndarray | None = None
    epochs: Mapping[str, Epochs] = field(default_factory=dict)
    start: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.stimulus)


class Task(Component):
    """A task, or no task: the trial structure, the inputs and the targets of an experiment."""

    family: ClassVar[str] = "task"
    independent_bins: ClassVar[bool] = False
    """Whether the inputs of a bin know nothing of those of other bins, nor of the kind of trial."""

    trial_s: float = Field(gt=0, le=3600)
    """Length of a trial in seconds."""
    bin_s: float = Field(ge=1e-5, le=1)
    """Length of a time bin in seconds; a trial is a whole number of bins."""

    @model_validator(mode="after")
    def _ensure_whole_bins(self) -> Task:
        if self.n_bins < 1 or abs(self.n_bins * self.bin_s - self.trial_s) > 1e-9 * self.trial_s:
            raise ValueError(f"trial_s ({self.trial_s:g}) must be a whole number of bins of {self.bin_s:g} s")
        return self

    @property
    def n_bins(self) -> int:
        """Number of time bins in a trial."""
        return round(self.trial_s / self.bin_s)

    @property
    @abstractmethod
    def input_names(self) -> tuple[str, ...]:
        """What each input is called; empty for a task without inputs."""

    @property
    @abstractmethod
    def output_names(self) -> tuple[str, ...]:
        """What each output is called; empty for a task that asks for nothing."""

    @property
    def condition_names(self) -> tuple[str, ...]:
        """What each condition is called; empty for a task of one condition."""
        return ()

    @property
    def phases(self) -> Mapping[str, str]:
        """The phases that trials may have, by name, each with a description; all are in `Trials.epochs`."""
        return {}

    @abstractmethod
    def sample(self, n_trials: int, rng: np.random.Generator, n_bins: int | None = None) -> Trials:
        """Draw trials, of `n_bins` bins if given and else of the declared length."""

    def events(self, stimulus: np.ndarray) -> Mapping[str, PointEvents]:
        """Give the point events, by name, that a stimulus (trial, time, input) holds; a task may have none.

        Names are small letters, digits and underscores.
        """
        return {}

    @abstractmethod
    def accuracy(self, outputs: np.ndarray, trials: Trials) -> np.ndarray:
        """Give the share of each trial that is right, from outputs (trial, time, output); shape (trial,).

        NaN for a trial in which nothing counts.
        """

    def ideal_accuracy(self) -> float | None:
        """Give the expected accuracy of the best observer, in closed form; None where none is known."""
        return None

    def by_condition(self, values: np.ndarray, condition: np.ndarray) -> dict[str, float]:
        """Give the mean of values (trial,) over the trials of each condition that has any, NaN left out."""
        counted = ~np.isnan(values)
        groups = ((name, counted & (condition == index)) for index, name in enumerate(self.condition_names))
        return {name: float(values[trials].mean()) for name, trials in groups if trials.any()}
