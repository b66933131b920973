"""The truth of a dataset, as the metrics take it; what is large lies in files while they are at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ctdspec import scratch
from ctdspec.benchmark import load
from ctdspec.engine.true_system import true_system
from ctdspec.metrics.truth import SplitTruth, Truth, Wiring
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.truth import open_truth, truth_arrays
from ctdspec.submissions.answer import SPLITS

if TYPE_CHECKING:
    import xarray

_BY_TRIAL = ("latents", "rates_hz", "valid", "spikes", "observed", "inputs", "stimulus", "outputs")


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
        trials = np.flatnonzero(split == code)
        known = {name: read_trials(stored[name], trials) for name in _BY_TRIAL if name in stored}
        stimulus, forward = known.get("stimulus"), None
        if name == "test" and "forward" in stored:
            forward = read_trials(stored["forward"], trials)
        events = {} if stimulus is None else task.events(stimulus)
        whole = known.pop("valid")
        splits[name] = SplitTruth(
            **known,
            valid=whole if forward is None else whole & ~forward,
            events={name: event.happens for name, event in events.items()},
            forward=forward,
            labels=read_trials(stored["state"], trials) if "state" in stored else None,
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


def read_trials(
    variable: xarray.DataArray, trials: np.ndarray, columns: np.ndarray | None = None
) -> np.ndarray:
    """Give some trials of a variable, and only some columns of its last axis if these are given; by numbers.

    What is large lies in a file, and is read piece by piece.
    """
    if columns is not None:
        variable = variable[..., columns]
    found = scratch.empty((len(trials), *variable.shape[1:]), variable.dtype)
    for piece in scratch.pieces(found, scratch.UNPACKED_VALUES):
        found[piece] = variable[trials[piece]].values
    return found
