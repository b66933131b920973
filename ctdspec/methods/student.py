"""Data models whose dynamics are fitted to the recorded activity itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from ctdspec.errors import MethodError
from ctdspec.methods.activity import Activity, Scaling, all_neurons, held_in
from ctdspec.methods.method import Method
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import SPLITS, Answer, Scalar, SplitAnswer

if TYPE_CHECKING:
    from ctdspec.dynamics.dynamics import Array

_READOUT_RIDGE = 1e-12


@dataclass(frozen=True)
class Series:
    """Trials of activity, and what was presented meanwhile.

    Attributes
    ----------
    activity : (trial, time, neuron) float64
        Of held-in neurons, centred and scaled; 0 in bins that belong to no trial.
    inputs : (trial, time, input) float64
        Of width 0 for a model that is not given them.
    valid : (trial, time) bool
    bin_s : float
    """

    activity: np.ndarray
    inputs: np.ndarray
    valid: np.ndarray
    bin_s: float

    @property
    def transitions(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Activity before and after (row, neuron), and the input (row, input) of the bin after."""
        pairs = self.valid[:, 1:] & self.valid[:, :-1]
        return self.activity[:, :-1][pairs], self.activity[:, 1:][pairs], self.inputs[:, 1:][pairs]

    def lagged(self, lag: int) -> np.ndarray:
        """Give E[y(t + lag) y(t)ᵀ], (neuron, neuron), over the pairs of bins of one trial."""
        if lag >= self.valid.shape[1]:
            raise MethodError(
                f"a lag of {lag} bins is longer than the trials, which have {self.valid.shape[1]}"
            )
        last = self.valid.shape[1] - lag
        pairs = self.valid[:, lag:] & self.valid[:, :last]
        return self.activity[:, lag:][pairs].T @ self.activity[:, :last][pairs] / max(1, pairs.sum())


class Law(ABC):
    """A fitted model: how its states move, and which states go with a recording."""

    @property
    @abstractmethod
    def n_latents(self) -> int:
        """Dimension of the states."""

    @abstractmethod
    def step(self, states: Array, inputs: Array) -> Array:
        """Give the next states (row, latent), by array API functions; inputs may have no width."""

    @abstractmethod
    def states(self, series: Series) -> np.ndarray:
        """Give the states (trial, time, latent) that go with a recording."""

    @property
    def parameters(self) -> Mapping[str, Scalar | list[Scalar]]:
        """What of the fit a reader must know."""
        return {}


class Student(Method):
    """A model of the recorded neurons' own dynamics: what is seen of a circuit by someone who sees a part.

    States and dynamics are in units of the activity. The rates of all neurons are linear in the states before
    the transform is undone, by least squares over train bins.
    """

    reads: ClassVar[frozenset[Literal["spikes", "signals"]]] = frozenset({"spikes", "signals"})

    activity: Activity
    """What the model is fitted to."""
    inputs: Literal["given", "none"]
    """Whether the model is told the stimulus."""

    @abstractmethod
    def law(self, train: Series, seed: int) -> Law:
        """Fit to the train trials.

        Raises
        ------
        MethodError
            If there is no such fit.
        """

    def fit(self, recording: Recording, seed: int) -> Answer:
        """Fit to the train trials, and answer with states, rates and dynamics."""
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            return self._fit(recording, seed)

    def _fit(self, recording: Recording, seed: int) -> Answer:
        from ctdspec.submissions.exchange import encode

        scaling = Scaling.fit(self.activity, recording)
        series = {split: self._series(recording, split, scaling) for split in SPLITS}
        law = self.law(series["train"], seed)
        states = {split: law.states(part) for split, part in series.items()}
        target = scaling.scaled(all_neurons(self.activity, recording))
        weights = _readout(states["train"], target, series["train"])
        splits = {
            split: SplitAnswer(
                np.asarray(scaling.rates_hz(array @ weights.T), np.float32), array.astype(np.float32)
            )
            for split, array in states.items()
        }
        n_inputs = series["train"].inputs.shape[2]
        given: Literal["stimulus", "none"] = "stimulus" if n_inputs else "none"
        dynamics = encode(
            law.step, lambda state: scaling.rates_hz(state @ weights.T), law.n_latents, n_inputs, given
        )
        return Answer(self.name, recording.dataset, splits, n_inputs > 0, dict(law.parameters), dynamics)

    def _series(self, recording: Recording, split: str, scaling: Scaling) -> Series:
        part = recording.splits[split]
        own = held_in(self.activity, recording, split)
        activity = np.where(part.valid[..., None], scaling.take(recording.held_in).scaled(own), 0.0)
        if not np.isfinite(activity).all():
            raise MethodError(
                f"data model {self.name!r}: neurons are missing in some {split} trials, and a model of their"
                " dynamics needs all; leave observation.dropout out"
            )
        inputs = part.stimulus.astype(float) if self.inputs == "given" else np.zeros((*part.valid.shape, 0))
        return Series(activity, inputs, part.valid, recording.bin_s)


def _readout(states: np.ndarray, activity: np.ndarray, train: Series) -> np.ndarray:
    """Give the weights (neuron, latent) of activity (trial, time, neuron), by least squares."""
    rows, target = states[train.valid], np.nan_to_num(activity[train.valid])
    gram = rows.T @ rows
    gram += _READOUT_RIDGE * np.trace(gram) / max(1, len(gram)) * np.eye(len(gram))
    return np.linalg.lstsq(gram, rows.T @ target, rcond=None)[0].T
