"""The truth of a dataset, in memory, as the metrics take it."""

from __future__ import annotations

import numpy as np

from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.truth import open_truth
from ctdspec.submissions.answer import SPLITS


def read_truth(folder: DatasetFolder) -> Truth:
    """Read what answers are judged by.

    Raises
    ------
    DatasetError
        If the truth is missing or damaged.
    """
    stored = open_truth(folder.truth)
    split = stored["split"].values
    splits = {}
    for code, name in enumerate(SPLITS):
        trials = stored.isel(trial=np.flatnonzero(split == code))
        splits[name] = SplitTruth(
            latents=trials["latents"].values,
            rates_hz=trials["rates_hz"].values,
            valid=trials["valid"].values,
            spikes=trials["spikes"].values if "spikes" in trials else None,
            observed=trials["observed"].values if "observed" in trials else None,
        )
    return Truth(stored.attrs["dataset"], stored.attrs["bin_s"], stored["held_out"].values, splits)
