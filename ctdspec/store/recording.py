"""What an experimenter sees of a dataset: the opened NWB pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ctdspec import scratch
from ctdspec.errors import DatasetError
from ctdspec.observation.noise import SignalKind
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.remote import is_url
from ctdspec.store.remote_dataset import nwb_pair_at
from ctdspec.submissions.expected import Expected
from ctdspec.submissions.importers.target import Target

if TYPE_CHECKING:
    from ctdspec.store.nwb_part import NwbPart


@dataclass(frozen=True)
class SplitRecording:
    """The trials of one split.

    All neurons are in the train and validation splits; in the test split, held-in ones only. Large arrays lie
    in files, so that a recording may be larger than memory (`ctdspec.scratch`).

    Attributes
    ----------
    counts : (trial, time, neuron) uint16, optional
        Spikes per bin; None if the recording has none. `spikes` is the same, and says what to do then.
    stimulus : (trial, time, input) float32
        What the experimenter presented.
    valid : (trial, time) bool
        Bins that belong to the trial and were recorded.
    observed : (trial, neuron) bool, optional
        Trials in which each neuron was recorded; None for all. Elsewhere its counts are 0, its signal NaN.
    signals : (trial, time, neuron) float32, optional
        What was recorded instead of spikes; None if spikes were.
    condition : (trial,) int64, optional
        Number of the condition of each trial; None if the task has one condition.
    forward : (trial, time) bool, optional
        Bins that follow in the trial, in which neurons were not recorded: an answer predicts them. Only in
        the test split; None if the recording lasts as long as the trial.
    """

    counts: np.ndarray | None
    stimulus: np.ndarray
    valid: np.ndarray
    observed: np.ndarray | None = None
    signals: np.ndarray | None = None
    condition: np.ndarray | None = None
    forward: np.ndarray | None = None

    @property
    def whole(self) -> np.ndarray:
        """(trial, time) bool: the bins of the trial, recorded or not."""
        return self.valid if self.forward is None else self.valid | self.forward

    @cached_property
    def seen(self) -> np.ndarray:
        """(trial, time, neuron or 1) bool: the bins in which a neuron was recorded."""
        everywhere = self.valid[:, :, None]
        if self.observed is None or self.observed.all():
            return everywhere
        found = scratch.empty((*self.valid.shape, self.observed.shape[1]), bool)
        return np.logical_and(everywhere, self.observed[:, None], out=found)

    @property
    def spikes(self) -> np.ndarray:
        """(trial, time, neuron) uint16: spikes per bin.

        Raises
        ------
        DatasetError
            If the recording has none.
        """
        if self.counts is None:
            raise DatasetError(
                "recording: it has signals (`signals`) and no spikes; take a method that reads signals, or a"
                " dataset whose observation.noise records spikes"
            )
        return self.counts


@dataclass(frozen=True)
class Recording:
    """The public part of a dataset, or of one of its sessions."""

    dataset: str
    """Digest of the dataset."""
    bin_s: float
    held_out: np.ndarray
    """(neuron,) bool: which neurons are missing from the test split."""
    splits: Mapping[str, SplitRecording]
    neuron_ids: np.ndarray
    """(neuron,) int64: the same neuron has the same id in every session."""
    population: np.ndarray
    """(neuron,) str: name of the population of each neuron."""
    signal_kind: SignalKind | None = None
    """What was recorded instead of spikes; None for spikes."""

    @property
    def held_in(self) -> np.ndarray:
        """(neuron,) bool: which neurons are seen in every split."""
        return ~self.held_out

    @property
    def expected(self) -> Expected:
        """What an answer must look like."""
        n_trials = {name: len(split.valid) for name, split in self.splits.items()}
        n_bins = self.splits["train"].valid.shape[1]
        n_stimulus = self.splits["train"].stimulus.shape[2]
        return Expected(self.dataset, n_trials, n_bins, len(self.held_out), n_stimulus)

    @property
    def target(self) -> Target:
        """What another program's answer must fit."""
        seen = {} if self.signal_kind else {split: self.held_in_spikes(split) for split in self.splits}
        whole = {name: split.whole for name, split in self.splits.items()}
        return Target(self.expected, self.bin_s, self.held_out, seen, whole, self.n_forward)

    @property
    def n_forward(self) -> int:
        """Bins at the end of each test trial that were not recorded; 0 if whole trials were."""
        forward = self.splits["test"].forward
        return 0 if forward is None else int(forward[0].sum())

    def held_in_spikes(self, split: str) -> np.ndarray:
        """Give the counts (trial, time, held-in neuron) of a split."""
        spikes = self.splits[split].spikes
        return spikes if split == "test" else scratch.columns(spikes, self.held_in)

    def held_in_seen(self, split: str) -> np.ndarray:
        """Give the bins in which held-in neurons were recorded, (trial, time, held-in neuron or 1) bool."""
        seen = self.splits[split].seen
        return seen if split == "test" or seen.shape[2] == 1 else scratch.columns(seen, self.held_in)

    def held_out_seen(self, split: str) -> np.ndarray:
        """Give the same of the held-out neurons, for the train or the validation split."""
        seen = self.splits[split].seen
        return seen if seen.shape[2] == 1 else scratch.columns(seen, self.held_out)

    def held_out_spikes(self, split: str) -> np.ndarray:
        """Give the counts (trial, time, held-out neuron) of the train or the validation split."""
        return scratch.columns(self.splits[split].spikes, self.held_out)


def open_recording(source: str | Path | tuple[str | Path, str | Path], session: str = "*") -> Recording:
    """Read what an experimenter sees, from nothing but the two NWB files.

    Parameters
    ----------
    source
        The folder of a dataset, the URL of one that was pushed (`ctdspec push`), or the paths of a train and
        a test file.
    session
        Name of the session, for the folder of a dataset that has several.

    Raises
    ------
    DatasetError
        If a file is missing, damaged, or not of a dataset that ctdspec wrote, or if the two do not belong
        together.
    """
    from ctdspec.store.nwb_part import read_part

    if isinstance(source, str) and is_url(source):
        with nwb_pair_at(source) as pair:
            return open_recording(pair)
    if isinstance(source, tuple):
        paths = (Path(source[0]), Path(source[1]))
    else:
        folder = DatasetFolder(Path(source))
        paths = (folder.nwb("train", session), folder.nwb("test", session))
    train, test = (read_part(path) for path in paths)
    _ensure_pair(paths, train, test)
    return Recording(
        dataset=train.dataset,
        bin_s=train.bin_s,
        held_out=train.neurons.held_out,
        splits={"train": train.split("train"), "val": train.split("val"), "test": test.split("test")},
        neuron_ids=train.neurons.ids,
        population=train.neurons.population,
        signal_kind=train.signal_kind,
    )


def _ensure_pair(paths: tuple[Path, Path], train: NwbPart, test: NwbPart) -> None:
    if (train.part, test.part) != ("train", "test"):
        raise DatasetError(
            f"{paths[0]}, {paths[1]}: expected the train and the test file of a dataset, found the"
            f" {train.part} and the {test.part} file; give them in this order"
        )
    if (train.dataset, train.bin_s, train.signal_kind) != (test.dataset, test.bin_s, test.signal_kind):
        raise DatasetError(
            f"{paths[1]}: found a file of dataset {test.dataset[:12]}, but {paths[0].name} is of"
            f" {train.dataset[:12]}; take both files from one dataset"
        )
    held_in = train.neurons.ids[~train.neurons.held_out]
    if test.neurons.ids.tolist() != held_in.tolist():
        raise DatasetError(
            f"{paths[1]}: expected the {len(held_in)} held-in neurons of {paths[0].name}, found"
            f" {len(test.neurons.ids)}, or others; take both files from one session"
        )
