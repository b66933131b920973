"""Who fires after whom: pair by pair, which common input fools."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import PositiveFloat

from ctdspec.methods.baseline import Baseline
from ctdspec.methods.spike_history import history
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import Answer, SplitAnswer


class CrossCorrelation(Baseline):
    """Correlations of each neuron's spikes with the spikes of each other one shortly before.

    They are answered as connectivity. Two neurons that hear the same third one, or a chain, correlate without
    an edge between them: this is what an estimate of a whole population has to beat. Rates are constant.
    """

    kind: Literal["cross_correlation"]
    tau_s: PositiveFloat
    """Time constant of the exponential window of the past, in seconds."""

    def chosen(self, recording: Recording, seed: int) -> Answer:
        """Correlate in the train trials."""
        train = recording.splits["train"]
        past = history(train.spikes, [self.tau_s], recording.bin_s)[..., 0]
        seen = np.broadcast_to(train.seen, train.spikes.shape)
        now, before = (_standardised(array, seen) for array in (train.spikes, past))
        pairs = np.einsum("ktn,ktm->nm", seen, seen, dtype=float)
        connectivity = np.tensordot(now, before, axes=([0, 1], [0, 1])) / np.maximum(pairs, 1)
        n_seen = np.maximum(seen.sum(axis=(0, 1)), 1)
        rates_hz = np.where(seen, train.spikes, 0).sum(axis=(0, 1)) / n_seen / recording.bin_s
        splits = {
            split: SplitAnswer(
                np.broadcast_to(rates_hz, (*part.valid.shape, len(rates_hz))).astype(np.float32)
            )
            for split, part in recording.splits.items()
        }
        return Answer(self.name, recording.dataset, splits, connectivity=connectivity.astype(np.float32))


def _standardised(array: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Give an array (trial, time, neuron) with mean 0 and variance 1 where it is seen, and 0 elsewhere."""
    n = np.maximum(seen.sum(axis=(0, 1)), 1)
    mean = np.where(seen, array, 0).sum(axis=(0, 1), dtype=float) / n
    centred = np.where(seen, array - mean, 0)
    sd = np.sqrt((centred**2).sum(axis=(0, 1)) / n)
    return centred / np.where(sd > 0, sd, 1)
