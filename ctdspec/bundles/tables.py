"""The plain arrays of a dataset, which the formats npz and zarr share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ctdspec.bundles.material import Public

Table = tuple[tuple[str, ...], np.ndarray]
"""An array with the names of its axes."""


def split_tables(public: Public, split: str) -> Mapping[str, Table]:
    """Give the arrays of a split by name.

    ``spikes`` (trial, time, neuron) uint16, or else ``signals`` float32; ``valid`` (trial, time) bool, and
    ``forward`` (trial, time) bool if the recording of the test split ends before its trials do;
    ``neuron_id`` (neuron,) int64; and where there are any ``stimulus`` (trial, time, input), ``outputs``
    (trial, time, output) float32 and ``observed`` (trial, neuron) bool. The test split has held-in neurons
    only, and no outputs.
    """
    recording = public.recording
    there = recording.held_in if split == "test" else np.ones_like(recording.held_in)
    trials = recording.splits[split]
    outputs = None if split == "test" else public.outputs(split)
    tables: dict[str, Table] = {
        "valid": (("trial", "time"), trials.valid),
        "neuron_id": (("neuron",), recording.neuron_ids[there]),
    }
    for name, recorded in (("spikes", trials.counts), ("signals", trials.signals)):
        if recorded is not None:
            tables[name] = (("trial", "time", "neuron"), recorded)
    if trials.forward is not None:
        tables["forward"] = (("trial", "time"), trials.forward)
    if trials.observed is not None:
        tables["observed"] = (("trial", "neuron"), trials.observed)
    if public.n_inputs:
        tables["stimulus"] = (("trial", "time", "input"), trials.stimulus)
    if outputs is not None:
        tables["outputs"] = (("trial", "time", "output"), outputs)
    return tables
