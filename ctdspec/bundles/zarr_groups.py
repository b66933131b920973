"""Counts per bin as a Zarr folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import final

from ctdspec.bundles.format import Format
from ctdspec.bundles.material import Hidden, Public
from ctdspec.bundles.tables import split_tables


@final
class ZarrGroups(Format):
    """One Zarr v3 folder with a group for each split, which xarray reads."""

    name = "zarr"
    takes_signals = True
    public_files = """\
data.zarr   xarray.open_zarr("data.zarr", group=S, consolidated=False), S one of train, val, test:
            spikes (trial, time, neuron)      counts per bin; in test, of held-in neurons only
                                              (signals where something else than spikes was recorded)
            observed (trial, neuron)          trials in which each neuron was recorded
            stimulus (trial, time, input)     what was presented (where there is any)
            outputs (trial, time, output)     what the system answered (train and val, where there is any)
            valid (trial, time)               bins of the trial that were recorded; the others are padding
            forward (trial, time)             bins that follow in the trial, where spikes are to be predicted
                                              (test only, if there are any)
            neuron_id (neuron,)               numbers of the neurons
            without a group: held_out (neuron,), which of all neurons the test split lacks
            attribute bin_s: length of a bin in seconds"""
    organiser_files = """\
truth.zarr  the ground truth; xarray.open_zarr(PATH, consolidated=False)"""

    def write(self, public: Public, folder: Path) -> None:
        """Write data.zarr."""
        import xarray

        recording, path = public.recording, folder / "data.zarr"
        about = {"bin_s": recording.bin_s, "dataset": recording.dataset}
        whole = xarray.Dataset({"held_out": (("neuron",), recording.held_out)}, attrs=about)
        whole.to_zarr(path, mode="w-", zarr_format=3, consolidated=False)
        for split in recording.splits:
            tables = xarray.Dataset(dict(split_tables(public, split)), attrs=about)
            tables.to_zarr(path, group=split, mode="w-", zarr_format=3, consolidated=False)

    def write_hidden(self, public: Public, hidden: Hidden, folder: Path) -> None:
        """Copy the truth."""
        shutil.copytree(hidden.path, folder / "truth.zarr")
