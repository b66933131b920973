"""What bundles are made from: what anyone may have, and what only the organiser may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ctdspec.bundles.timeline import Timeline, read_timeline
from ctdspec.store.layout import Part
from ctdspec.store.recording import Recording
from ctdspec.store.truth import open_truth
from ctdspec.submissions.answer import SPLITS


@dataclass(frozen=True)
class Public:
    """The part of a dataset that anyone may have. It leads to nothing that is hidden.

    Attributes
    ----------
    name, title
        Name of the benchmark, with that of the session if it has several, and title.
    recipe : str
        The spec that made the data, as YAML.
    card : Path, optional
        What there is to know about the dataset, where a card is shipped.
    nwb : mapping
        The two NWB files.
    recording : Recording
        What they say, in bins.
    """

    name: str
    title: str
    recipe: str
    card: Path | None
    nwb: Mapping[Part, Path]
    recording: Recording

    @property
    def n_inputs(self) -> int:
        """Channels of the stimulus; 0 where there is none."""
        return self.recording.splits["train"].stimulus.shape[2]

    @cached_property
    def train_timeline(self) -> Timeline:
        """The continuous signals and the spike times of the train file.

        Raises
        ------
        DatasetError
            If the file is damaged.
        """
        return read_timeline(self.nwb["train"])

    def outputs(self, split: str) -> np.ndarray | None:
        """Give the behaviour (trial, time, output) of the train or the validation split; None without one."""
        signals = self.train_timeline
        if signals.outputs is None:
            return None
        valid = self.recording.splits[split].valid
        in_trials = signals.outputs.reshape(len(signals.trial_split), valid.shape[1], -1)
        return in_trials[signals.trial_split == split]


@dataclass(frozen=True)
class Hidden:
    """The ground truth of a dataset, for the organiser alone."""

    path: Path
    """truth.zarr"""

    def variable(self, name: str, split: str) -> np.ndarray | None:
        """Give a variable (trial, ...) of the truth in the trials of a split; None if the dataset has none.

        Raises
        ------
        DatasetError
            If the truth is damaged.
        """
        truth = open_truth(self.path)
        if name not in truth:
            return None
        trials = np.flatnonzero(truth["split"].values == SPLITS.index(split))
        return truth[name].isel(trial=trials).values

    def required(self, name: str, split: str) -> np.ndarray:
        """Give a variable that every dataset has; errors are those of `variable`, and KeyError."""
        values = self.variable(name, split)
        if values is None:
            raise KeyError(f"{self.path}: the truth has no variable {name}")
        return values
