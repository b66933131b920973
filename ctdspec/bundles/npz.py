"""Counts per bin as one file of NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import final

import numpy as np

from ctdspec.bundles.format import Format
from ctdspec.bundles.material import Hidden, Public
from ctdspec.bundles.tables import split_tables
from ctdspec.store.truth import truth_arrays


@final
class Npz(Format):
    """One file that `numpy.load` reads."""

    name = "npz"
    takes_signals = True
    public_files = """\
data.npz    numpy.load("data.npz"); S is train, val or test:
            S_spikes (trial, time, neuron)    counts per bin; in test, of held-in neurons only
                                              (S_signals where something else than spikes was recorded)
            S_observed (trial, neuron)        trials in which each neuron was recorded
            S_stimulus (trial, time, input)   what was presented (where there is any)
            S_outputs (trial, time, output)   what the system answered (train and val, where there is any)
            S_valid (trial, time)             bins of the trial that were recorded; the others are padding
            test_forward (trial, time)        bins that follow in the trial, where spikes are to be predicted
                                              (if there are any)
            S_neuron_id (neuron,)             numbers of the neurons in S_spikes
            held_out (neuron,)                which of all neurons the test split lacks
            bin_s                             length of a bin in seconds"""
    organiser_files = """\
truth.npz   every variable of truth.zarr for all trials, under its name with a dot for a slash; `split` is
            0 train, 1 val, 2 test"""

    def write(self, public: Public, folder: Path) -> None:
        """Write data.npz."""
        recording = public.recording
        arrays = {"held_out": recording.held_out, "bin_s": np.asarray(recording.bin_s)}
        for split in recording.splits:
            for name, (_, array) in split_tables(public, split).items():
                arrays[f"{split}_{name}"] = array
        _save(folder / "data.npz", arrays)

    def write_hidden(self, public: Public, hidden: Hidden, folder: Path) -> None:
        """Write truth.npz."""
        variables = truth_arrays(hidden.path).items()
        arrays = {name.replace("/", "."): np.asarray(array[...]) for name, array in variables}
        _save(folder / "truth.npz", arrays)


def _save(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    np.savez_compressed(path, allow_pickle=False, **arrays)
