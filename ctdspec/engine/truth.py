"""The truth of a dataset, in memory, as the metrics take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ctdspec.benchmark import load
from ctdspec.engine.true_system import true_system
from ctdspec.metrics.truth import SplitTruth, Truth, Wiring
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.truth import open_truth, truth_arrays
from ctdspec.submissions.answer import SPLITS

if TYPE_CHECKING:
    import xarray


def read_truth(folder: DatasetFolder) -> Truth:
    """Read what answers are judged by.

    Raises
    ------
    DatasetError
        If the truth is missing or damaged.
    """
    stored, benchmark = open_truth(folder.truth), load(folder.spec_yaml)
    task = benchmark.task
    split = stored["split"].values
    splits = {}
    for code, name in enumerate(SPLITS):
        trials = stored.isel(trial=np.flatnonzero(split == code))
        stimulus = _values(trials, "stimulus")
        events = {} if stimulus is None else task.events(stimulus)
        forward = _values(trials, "forward") if name == "test" else None
        whole = trials["valid"].values
        splits[name] = SplitTruth(
            latents=trials["latents"].values,
            rates_hz=trials["rates_hz"].values,
            valid=whole if forward is None else whole & ~forward,
            spikes=_values(trials, "spikes"),
            observed=_values(trials, "observed"),
            inputs=_values(trials, "inputs"),
            stimulus=stimulus,
            outputs=_values(trials, "outputs"),
            events={name: event.happens for name, event in events.items()},
            forward=forward,
            labels=_values(trials, "state"),
        )
    return Truth(
        stored.attrs["dataset"],
        stored.attrs["bin_s"],
        stored["held_out"].values,
        splits,
        system=true_system(benchmark, folder),
        wiring=_wiring(folder),
    )


def _wiring(folder: DatasetFolder) -> Wiring | None:
    """Give how the neurons are coupled, on average over states; None if no edge was drawn."""
    stored = truth_arrays(folder.truth)
    if "noise/coupling" not in stored:
        return None
    weights, hubs = np.asarray(stored["noise/coupling"]), stored.get("noise/hubs")
    weights = weights.mean(axis=0) if weights.ndim == 3 else weights
    return Wiring(weights, None if hubs is None else np.asarray(hubs)) if weights.any() else None


def _values(trials: xarray.Dataset, name: str) -> np.ndarray | None:
    return trials[name].values if name in trials else None
