"""What the metrics are given of a dataset."""

import json

import numpy as np
import xarray

from ctdspec import scratch
from ctdspec.engine.hidden import read_hidden
from ctdspec.engine.truth import read_truth
from ctdspec.store.layout import DatasetFolder


def test_metrics_see_inputs_outputs_and_events(tiny_3bff):
    stored = xarray.open_zarr(tiny_3bff / "truth.zarr", consolidated=False)
    truth = read_truth(DatasetFolder(tiny_3bff))
    for code, name in enumerate(("train", "val", "test")):
        split, chosen = truth.splits[name], stored["split"].values == code
        for variable in ("latents", "rates_hz", "inputs", "outputs", "spikes"):
            assert np.array_equal(getattr(split, variable), stored[variable].values[chosen])
        pulses = stored["stimulus"].values[chosen]
        ups = np.stack([split.events[f"{channel}_up"] for channel in stored["stimulus"].input_names], axis=2)
        assert np.array_equal(ups, pulses > 0)


def test_small_pieces_change_nothing(tiny_3bff, monkeypatch):
    folder = DatasetFolder(tiny_3bff)
    truth, hidden = read_truth(folder), read_hidden(folder)
    monkeypatch.setattr(scratch, "LARGE_BYTES", 1000)
    monkeypatch.setattr(scratch, "UNPACKED_VALUES", 2 * truth.splits["test"].rates_hz[0].size)
    again, hidden_again = read_truth(folder), read_hidden(folder)
    for name, split in truth.splits.items():
        for variable in ("latents", "rates_hz", "valid", "spikes", "inputs", "stimulus", "outputs"):
            assert np.array_equal(getattr(split, variable), getattr(again.splits[name], variable))
    for variable in ("spikes", "rates_hz", "seen"):
        assert np.array_equal(getattr(hidden, variable), getattr(hidden_again, variable))


def test_a_system_without_inputs_has_none(tiny_lorenz):
    split = read_truth(DatasetFolder(tiny_lorenz)).splits["test"]
    assert split.inputs is None
    assert split.outputs is None
    assert not split.events


def test_scores_are_shown_beside_what_they_are_worth(tiny_3bff):
    for row in json.loads((tiny_3bff / "scores.json").read_text()):
        span = row["ceiling"] - row["chance"]
        assert abs(row["normalised"] * span - (row["value"] - row["chance"])) < 1e-9
        if row["method"] == "oracle":
            assert row["normalised"] == 1
