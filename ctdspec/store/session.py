"""What an experimenter would write down about a dataset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.errors import DatasetError
from ctdspec.store.layout import Part

PARTS: tuple[Part, ...] = ("train", "test")
_SPLITS: dict[Part, tuple[str, ...]] = {"train": ("train", "val"), "test": ("test",)}


@dataclass(frozen=True)
class Session:
    """A simulated recording session, but for its signals.

    Attributes
    ----------
    benchmark, title
        Name and title of the benchmark.
    seed
        Seed of the spec; the place of spikes inside their bins is drawn from it.
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

    def __post_init__(self) -> None:
        if len(self.split) != len(self.valid):
            raise DatasetError(f"split has {len(self.split)} trials, but valid has {len(self.valid)}")
        if unknown := set(self.split.tolist()) - {"train", "val", "test"}:
            raise DatasetError(f"split: {sorted(unknown)} given; allowed are train, val and test")
        if not self.valid[:, 0].all() or (self.valid[:, 1:] & ~self.valid[:, :-1]).any():
            raise DatasetError("valid: every trial must start valid and be padded at its end only")

    @property
    def n_bins(self) -> int:
        """Bins from the start of a trial to the start of the next."""
        return self.valid.shape[1]

    @property
    def n_neurons(self) -> int:
        """All neurons."""
        return len(self.held_out)

    def trials(self, part: Part) -> np.ndarray:
        """Give the numbers of the trials of an NWB file, ascending; they lie there back to back."""
        return np.flatnonzero(np.isin(self.split, _SPLITS[part]))

    def neurons(self, part: Part) -> np.ndarray:
        """Give the ids of the neurons of an NWB file, ascending."""
        return np.flatnonzero(~self.held_out) if part == "test" else np.arange(self.n_neurons)
