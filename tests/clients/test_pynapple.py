"""pynapple opens the files of a dataset and sees the same counts, trials and splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray

from ctdspec.store.layout import DatasetFolder

nap = pytest.importorskip("pynapple", reason="pynapple is in the dependency group clients")


@pytest.fixture(scope="module", params=["tiny_lorenz", "tiny_3bff"])
def dataset(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param)


# Trials lie back to back, and pynapple has a method `split` of its own: the column is get_info("split").
pytestmark = [
    pytest.mark.filterwarnings("ignore:Some starts and ends are equal"),
    pytest.mark.filterwarnings("ignore:Metadata name 'split' overlaps"),
]


@pytest.mark.parametrize("part", ["train", "test"])
def test_counts_and_splits_are_the_sampled_ones(dataset, part):
    truth = xarray.open_zarr(dataset / "truth.zarr", consolidated=False).load()
    data = nap.load_file(str(DatasetFolder(dataset).nwb(part)))
    units, trials = data["units"], data["trials"]
    codes = truth["split"].values
    rows = codes == 2 if part == "test" else codes != 2
    names = np.array(["train", "val", "test"])
    assert list(trials.get_info("split")) == list(names[codes[rows]])
    duration_s = truth.sizes["time"] * truth.attrs["bin_s"]
    np.testing.assert_allclose(trials.end - trials.start, duration_s, atol=2e-6)  # it takes off a microsecond

    counts = truth["spikes"].values[rows]
    if part == "test":
        counts = counts[..., ~truth["held_out"].values]
    np.testing.assert_array_equal(
        units.index,
        np.flatnonzero(~truth["held_out"].values) if part == "test" else np.arange(counts.shape[2]),
    )
    # pynapple's bins are labelled by their centres; the whole file is one row of bins
    binned = units.count(truth.attrs["bin_s"], ep=nap.IntervalSet(0, trials.end[-1]))
    np.testing.assert_array_equal(np.asarray(binned).reshape(counts.shape), counts)


def test_who_is_held_out_is_there_as_text(dataset):
    units = nap.load_file(str(DatasetFolder(dataset).nwb_train))["units"]
    truth = xarray.open_zarr(dataset / "truth.zarr", consolidated=False)
    assert [who == "heldout" for who in units["role"]] == list(truth["held_out"].values)


def test_the_stimulus_is_in_the_trials_it_belongs_to(tiny_3bff):
    truth = xarray.open_zarr(tiny_3bff / "truth.zarr", consolidated=False)
    data = nap.load_file(str(DatasetFolder(tiny_3bff).nwb_test))
    shown = truth["stimulus"].values[truth["split"].values == 2]
    np.testing.assert_array_equal(np.asarray(data["stimulus"].d).reshape(shown.shape), shown)
    np.testing.assert_allclose(data["stimulus"].t[: shown.shape[1]], truth["time_s"], atol=1e-9)
