"""What an experimenter would write down about a dataset."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ctdspec.dynamics.dynamics import Measurement
from ctdspec.errors import DatasetError
from ctdspec.observation.noise import SignalKind
from ctdspec.store.layout import Part

PARTS: tuple[Part, ...] = ("train", "test")
_SPLITS: dict[Part, tuple[str, ...]] = {"train": ("train", "val"), "test": ("test",)}
_LABEL = re.compile(r"[a-zA-Z0-9-]+")
_EVENT_NAME = re.compile(r"(?!(start|stop)$)[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Events:
    """Point events of one kind: pulses of the stimulus, choices of the subject.

    Attributes
    ----------
    trial : (event,) int
        Number of the trial of each event.
    time_s : (event,) float64
        When it happened, in seconds from the start of its trial.
    description
        What it is.
    behavior
        Whether the subject made it, so that the test file leaves it out.
    """

    trial: np.ndarray
    time_s: np.ndarray
    description: str
    behavior: bool = False

    @property
    def once_per_trial(self) -> bool:
        """Whether no trial has two of them."""
        return len(np.unique(self.trial)) == len(self.trial)


@dataclass(frozen=True)
class Phase:
    """A phase that trials have: a cue, a delay, a response.

    Attributes
    ----------
    trial : (phase,) int
        Number of the trial of each.
    start_s, stop_s : (phase,) float64
        From when to when, in seconds from the start of its trial.
    """

    trial: np.ndarray
    start_s: np.ndarray
    stop_s: np.ndarray


@dataclass(frozen=True)
class Session:
    """A simulated recording session, but for its spikes or signals.

    Attributes
    ----------
    benchmark, title
        Name and title of the benchmark.
    seed
        Seed of the spec; the place of spikes inside their steps is drawn from it.
    dataset
        Digest of the dataset, hexadecimal.
    spec_yaml
        The resolved spec, as text.
    bin_s
        Length of a bin in seconds.
    split : (trial,) str
        ``train``, ``val`` or ``test``.
    valid : (trial, time) bool
        Bins that belong to the trial; what follows them is padding.
    held_out : (neuron,) bool
        Neurons that the test file leaves out.
    input_names, output_names
        What each input and each output is called; empty where there is none.
    condition : (trial,) int, optional
        Number of the condition of each trial.
    condition_names
        What the conditions are called; empty if they have no names.
    session_name
        Name of the session among those of its benchmark; empty if it is the only one.
    neuron_ids : (neuron,) int, optional
        Id of each neuron, the same in every session that sees it; left out, they are numbered from 0.
    population : (neuron,) str, optional
        Name of the population of each neuron; left out, there is one, `all`.
    observed : (trial, neuron) bool, optional
        Trials in which each neuron was recorded; left out, it was in every one.
    forward : (trial, time) bool, optional
        Bins whose spikes or signals the files leave out, at the end of test trials; left out for none.
    steps_per_bin
        Steps of a bin that spikes are known for.
    signal_kind
        What was recorded instead of spikes; None for spikes.
    events
        Point events by name.
    phases
        Phases of the trials by name.
    measurements
        What was measured of the body, by name; empty for a system without one.

    Raises
    ------
    DatasetError
        If these do not fit each other.
    """

    benchmark: str
    title: str
    seed: int
    dataset: str
    spec_yaml: str
    bin_s: float
    split: np.ndarray
    valid: np.ndarray
    held_out: np.ndarray
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    condition: np.ndarray | None = None
    condition_names: tuple[str, ...] = ()
    session_name: str = ""
    neuron_ids: np.ndarray | None = None
    population: np.ndarray | None = None
    observed: np.ndarray | None = None
    forward: np.ndarray | None = None
    steps_per_bin: int = 1
    signal_kind: SignalKind | None = None
    events: Mapping[str, Events] = field(default_factory=dict)
    phases: Mapping[str, Phase] = field(default_factory=dict)
    measurements: Mapping[str, Measurement] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.split) != len(self.valid):
            raise DatasetError(f"split has {len(self.split)} trials, but valid has {len(self.valid)}")
        if unknown := set(self.split.tolist()) - {"train", "val", "test"}:
            raise DatasetError(f"split: {sorted(unknown)} given; allowed are train, val and test")
        if not self.valid[:, 0].all() or (self.valid[:, 1:] & ~self.valid[:, :-1]).any():
            raise DatasetError("valid: every trial must start valid and be padded at its end only")
        if self.session_name and not _LABEL.fullmatch(self.session_name):
            raise DatasetError(
                f"session {self.session_name!r}: names of files allow letters, digits and - only"
            )
        self._ensure_forward()
        self._ensure_neurons()
        for name, events in self.events.items():
            self._ensure_events(name, events)

    def _ensure_forward(self) -> None:
        if self.forward is None:
            return
        recorded = self.recorded_bins
        if not recorded[:, 0].all() or (recorded[:, 1:] & ~recorded[:, :-1]).any():
            raise DatasetError(
                "forward: the bins that are left out must be at the end of a trial, not all of it"
            )
        if (self.forward[self.split != "test"]).any():
            raise DatasetError("forward: only test trials may have bins that are left out")

    def _ensure_neurons(self) -> None:
        shape = (len(self.split), self.n_neurons)
        for name, found, expected in [
            ("neuron_ids", self.neuron_ids, shape[1:]),
            ("population", self.population, shape[1:]),
            ("observed", self.observed, shape),
        ]:
            if found is not None and found.shape != expected:
                raise DatasetError(f"{name}: expected an array of shape {expected}, found {found.shape}")
        if len(np.unique(self.ids)) < self.n_neurons:
            raise DatasetError("neuron_ids: two neurons have the same id")

    def _ensure_events(self, name: str, events: Events) -> None:
        if not _EVENT_NAME.fullmatch(name):
            raise DatasetError(f"events: the name {name!r} must match {_EVENT_NAME.pattern}")
        if len(events.trial) and not (events.trial.min() >= 0 and events.trial.max() < len(self.split)):
            raise DatasetError(f"events {name}: trials must lie between 0 and {len(self.split) - 1}")
        ends_s = self.valid[events.trial].sum(axis=1) * self.bin_s
        if not ((events.time_s >= 0) & (events.time_s <= ends_s)).all():
            raise DatasetError(f"events {name}: every one must lie inside its trial")

    @property
    def session_id(self) -> str:
        """Name of the session in names of files and in the files."""
        return self.session_name or f"seed{self.seed}"

    @property
    def n_bins(self) -> int:
        """Bins from the start of a trial to the start of the next."""
        return self.valid.shape[1]

    @property
    def n_neurons(self) -> int:
        """All neurons."""
        return len(self.held_out)

    @property
    def step_s(self) -> float:
        """Length of a step in seconds."""
        return self.bin_s / self.steps_per_bin

    @property
    def ids(self) -> np.ndarray:
        """(neuron,) int64: id of each neuron."""
        return (np.arange(self.n_neurons) if self.neuron_ids is None else self.neuron_ids).astype(np.int64)

    @property
    def populations(self) -> np.ndarray:
        """(neuron,) str: name of the population of each neuron."""
        return np.full(self.n_neurons, "all") if self.population is None else self.population

    @property
    def recorded_bins(self) -> np.ndarray:
        """(trial, time) bool: bins of the trials that the files show what neurons do in."""
        return self.valid if self.forward is None else self.valid & ~self.forward

    def trials(self, part: Part) -> np.ndarray:
        """Give the numbers of the trials of an NWB file, ascending; they lie there back to back."""
        return np.flatnonzero(np.isin(self.split, _SPLITS[part]))

    def neurons(self, part: Part) -> np.ndarray:
        """Give the places, ascending, of the neurons of an NWB file among those of the session."""
        return np.flatnonzero(~self.held_out) if part == "test" else np.arange(self.n_neurons)

    def observed_in(self, trials: slice | np.ndarray) -> np.ndarray:
        """Give (trial, neuron) bool: whether a neuron was recorded, for some trials."""
        if self.observed is None:
            return np.ones((len(self.split[trials]), self.n_neurons), bool)
        return self.observed[trials]

    def recorded_in(self, trials: slice) -> np.ndarray | None:
        """Give (trial, time, neuron) bool: what was recorded in some trials; None if everything was."""
        bins = self.recorded_bins[trials]
        if bins.all() and (self.observed is None or self.observed[trials].all()):
            return None
        return bins[:, :, None] & self.observed_in(trials)[:, None, :]
