"""The flat HDF5 file that lfads-torch, CtDB and XFADS read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import final

import numpy as np

from ctdspec import scratch
from ctdspec.bundles.format import Format
from ctdspec.bundles.material import Hidden, Public

_PREFIX = {"train": "train", "val": "valid", "test": "test"}


@final
class Lfads(Format):
    """One HDF5 file without groups, because its readers take every key at the root for an array."""

    name = "lfads"
    public_files = """\
lfads.h5             flat HDF5, float32, (trial, time, neuron or input); S is train, valid or test:
                     S_encod_data   counts per bin of the held-in neurons: what the model may see
                     S_recon_data   counts of the held-in, then of the held-out neurons: what it should
                                    predict (train and valid only)
                     S_ext_input    what was presented (where there is any)
                     attributes of the file: bin_s; neuron_ids, the ids of the columns of recon_data;
                                    neuron_order, the places of the columns in the order of ids
Padding after the end of a short trial is 0, and so are lost neurons, and the bins at the end of test trials
in which spikes are to be predicted (trials.forward_s; npz and zarr say which). A submission wants Hz, and the
columns in the order of ids: rates_hz[..., neuron_order] = rates_per_bin / bin_s"""
    organiser_files = """\
lfads_with_truth.h5  the same, and test_recon_data, S_truth (rates in Hz, columns as in recon_data), and
                     conversion_factor: truth / conversion_factor is in counts per bin"""

    def write(self, public: Public, folder: Path) -> None:
        """Write lfads.h5."""
        _write(folder / "lfads.h5", public, _public_arrays(public))

    def write_hidden(self, public: Public, hidden: Hidden, folder: Path) -> None:
        """Write lfads_with_truth.h5."""
        arrays = dict(_public_arrays(public))
        order = _order(public)
        arrays["test_recon_data"] = hidden.required("spikes", "test")[..., order]
        for split, prefix in _PREFIX.items():
            arrays[f"{prefix}_truth"] = hidden.required("rates_hz", split)[..., order]
        arrays["conversion_factor"] = np.asarray(1 / public.recording.bin_s)
        _write(folder / "lfads_with_truth.h5", public, arrays)


def _public_arrays(public: Public) -> Mapping[str, np.ndarray]:
    recording, order = public.recording, _order(public)
    arrays = {}
    for split, prefix in _PREFIX.items():
        arrays[f"{prefix}_encod_data"] = recording.held_in_spikes(split)
        if split != "test":
            arrays[f"{prefix}_recon_data"] = scratch.columns(recording.splits[split].spikes, order)
        if public.n_inputs:
            arrays[f"{prefix}_ext_input"] = recording.splits[split].stimulus
    return arrays


def _order(public: Public) -> np.ndarray:
    """Give the places of the neurons, the held-in ones first."""
    held_out = public.recording.held_out
    return np.concatenate([np.flatnonzero(~held_out), np.flatnonzero(held_out)])


def _write(path: Path, public: Public, arrays: Mapping[str, np.ndarray]) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["bin_s"] = public.recording.bin_s
        file.attrs["neuron_ids"] = public.recording.neuron_ids[_order(public)]
        file.attrs["neuron_order"] = _order(public)
        for name, array in arrays.items():
            compression = "gzip" if array.ndim else None
            file.create_dataset(name, data=array.astype(np.float32), compression=compression)
