"""A recording as batches of tensors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ctdspec import scratch
from ctdspec.methods._sequential import Batch
from ctdspec.methods.selection import for_selection
from ctdspec.methods.trained import Sizes
from ctdspec.store.recording import Recording


@dataclass(frozen=True)
class Order:
    """Which neurons a network sees, and the order in which it has them: those that it sees come first.

    In a recording without held-out neurons it sees four in five, so that the others tell when to stop.

    Attributes
    ----------
    visible, hidden : (visible neuron,), (hidden neuron,) int64
        Numbers of the neurons in the recording.
    among_held_in : (visible neuron,) int64
        Places of the visible neurons among the held-in ones, which are all that the test split has.
    """

    visible: np.ndarray
    hidden: np.ndarray
    among_held_in: np.ndarray

    @classmethod
    def of(cls, recording: Recording) -> Order:
        """Give the order for a recording."""
        is_visible = for_selection(recording).held_in
        return cls(*map(np.flatnonzero, (is_visible, ~is_visible, is_visible[recording.held_in])))

    @property
    def neurons(self) -> np.ndarray:
        """(neuron,) int64: numbers of the neurons in the recording, in the network's order."""
        return np.concatenate([self.visible, self.hidden])

    def restored(self, array: np.ndarray) -> np.ndarray:
        """Give an array (…, neuron) in the order of the recording."""
        return array[..., np.argsort(self.neurons)]


class Trials:
    """The trials of one split, from which batches are cut. Counts stay small integers until then."""

    def __init__(self, recording: Recording, split: str, order: Order) -> None:
        own, columns = recording.splits[split], order.among_held_in if split == "test" else order.neurons
        self.counts = scratch.columns(own.spikes, columns)
        is_complete = own.seen.shape[2] == 1
        self.observed = None if own.observed is None or is_complete else own.observed[:, columns]
        self.stimulus, self.valid = own.stimulus, own.valid
        self.n_visible = len(order.visible)
        self.is_whole = bool(own.valid.all())
        self.mean_counts = self._mean_counts()

    def _mean_counts(self) -> np.ndarray:
        """Give the mean spikes per bin of each neuron where it was seen, with half a spike added."""
        per_trial = [trial[valid].sum(axis=0) for trial, valid in zip(self.counts, self.valid, strict=True)]
        lengths = self.valid.sum(axis=1)
        observed = np.ones((len(lengths), 1)) if self.observed is None else self.observed
        spikes = (np.array(per_trial) * observed).sum(axis=0)
        return (spikes + 0.5) / np.maximum(lengths @ observed, 1)

    def sizes(self) -> Sizes:
        """Give what a network has to fit, from the train trials."""
        return Sizes(self.n_visible, self.mean_counts, self.stimulus.shape[2], self.valid.shape[1])

    def __len__(self) -> int:
        return len(self.valid)

    def whole(self, rows: np.ndarray, mean_counts: np.ndarray, device: torch.device) -> Batch:
        """Give whole trials; see `windows`."""
        return self.windows(rows, np.zeros(len(rows), int), self.valid.shape[1], mean_counts, device)

    def windows(
        self, rows: np.ndarray, starts: np.ndarray, length: int, mean_counts: np.ndarray, device: torch.device
    ) -> Batch:
        """Give windows of `length` bins of trials.

        Parameters
        ----------
        rows, starts : (window,) int
            Number of the trial, and first bin, of each window.
        mean_counts : (neuron,)
            Stands for a visible neuron in trials in which it was lost.
        """

        def cut(array: np.ndarray) -> torch.Tensor:
            if length == array.shape[1]:
                return torch.from_numpy(array[rows])
            places = zip(rows, starts, strict=True)
            return torch.from_numpy(np.stack([array[row, start : start + length] for row, start in places]))

        stimulus, valid = cut(self.stimulus), cut(self.valid)
        # PyTorch computes little with unsigned integers.
        counts = cut(self.counts.view(np.int16)).float()
        seen, visible = valid[:, :, None], counts[..., : self.n_visible]
        if not self.is_whole:
            counts = counts * seen
            visible = counts[..., : self.n_visible]
        if self.observed is not None:
            observed = torch.from_numpy(self.observed[rows])[:, None]
            mean = torch.from_numpy(mean_counts[: self.n_visible].astype(np.float32))
            lost = seen & ~observed[..., : self.n_visible]
            seen, visible = seen & observed, torch.where(lost, mean, visible)
        return Batch(*(tensor.to(device) for tensor in (visible, counts, seen, stimulus, valid)))
