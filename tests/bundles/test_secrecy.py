"""No public bundle holds what is hidden, and the organiser's does: all arrays of all files are searched.

The same search finds every hidden thing in the organiser's bundles, so it would find a leak.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray
import zarr

BINNINGS = (1, 2, 3, 5, 6, 10)


def arrays(folder: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Give every numeric array in a bundle, and every ragged column of it cut into its rows."""
    for path in folder.rglob("*"):
        if path.suffix in {".h5", ".nwb"}:
            with h5py.File(path) as file:
                yield from _arrays_of_hdf5(file)
        elif path.suffix == ".npz":
            yield from np.load(path).items()
        elif path.name == "zarr.json" and json.loads(path.read_text())["node_type"] == "array":
            yield str(path.parent), np.asarray(zarr.open_array(path.parent, mode="r")[...])


def _arrays_of_hdf5(file: h5py.File) -> Iterator[tuple[str, np.ndarray]]:
    found: dict[str, np.ndarray] = {}

    def visit(name: str, node: h5py.Group | h5py.Dataset) -> None:
        for key, value in node.attrs.items():
            if isinstance(value, np.ndarray):
                found[f"{name}@{key}"] = value
        if isinstance(node, h5py.Dataset):
            found[name] = node[()]

    visit("", file)
    file.visititems(visit)
    for name, array in found.items():
        array = np.asarray(array)
        if array.dtype.kind in "biuf":
            yield name, array
            yield from _rows(name, array, found)


def _rows(name: str, array: np.ndarray, found: dict[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """Cut a column by its NWB index, and by any array of as many integers: the events of each unit."""
    if f"{name}_index" in found:
        for row in np.split(array, found[f"{name}_index"][:-1].astype(int)):
            yield f"{name}[row]", row
    for other, key in found.items():
        if (
            array.ndim == 1
            and array.dtype.kind == "f"
            and np.shape(key) == array.shape
            and key.dtype.kind in "iu"
        ):
            for value in np.unique(key):
                yield f"{name}[{other}={value}]", array[key == value]


def _flattened(array: np.ndarray) -> Iterator[bytes]:
    """Give the values as float32 in the order of every arrangement of the axes."""
    array = array.astype(np.float32)
    for axes in itertools.permutations(range(array.ndim)) if array.ndim <= 4 else ():
        yield np.ascontiguousarray(array.transpose(axes)).tobytes()


def _binned(counts: np.ndarray) -> Iterator[np.ndarray]:
    """Give a train's counts (time,) in coarser bins and as a sum that runs."""
    for width in BINNINGS:
        if len(counts) % width == 0:
            yield counts.reshape(-1, width).sum(axis=1)
    yield np.cumsum(counts)


def counts_found(folder: Path, counts: np.ndarray, bin_s: float) -> set[str]:
    """Give the arrays that hold a busy trial (time,) of counts (trial, time, neuron), also as event times."""
    busiest = sorted(
        np.ndindex(counts.shape[0], counts.shape[2]), key=lambda at: -counts[at[0], :, at[1]].sum()
    )
    trials = [counts[trial, :, neuron].astype(np.float64) for trial, neuron in busiest[:3]]
    assert trials[-1].sum() >= 5, "enough spikes to tell a trial by"
    scales = (1.0, 1 / bin_s)
    needles = {
        (scale * series).astype(np.float32).tobytes()
        for trial in trials
        for series in _binned(trial)
        for scale in scales
    }
    found = set()
    for name, array in arrays(folder):
        if any(needle in flat for flat in _flattened(array) for needle in needles):
            found.add(name)
        if array.ndim == 1 and array.dtype.kind == "f" and _events_found(array, trials, bin_s):
            found.add(f"{name} as times")
    return found


def _events_found(times: np.ndarray, trials: list[np.ndarray], bin_s: float) -> bool:
    """Say whether times in seconds, milliseconds or bins are the events of a trial, shifted by whole bins."""
    for unit in (1.0, 1e-3, bin_s):
        bins = np.floor(np.round(times[np.isfinite(times)] * unit / bin_s, 6)).astype(np.int64)
        if len(bins) and bins.min() >= 0 and bins.max() < 10**6:
            flat = np.bincount(bins).astype(np.float32)
            flat = np.concatenate([flat, np.zeros(len(trials[0]), np.float32)]).tobytes()
            if any(trial.astype(np.float32).tobytes() in flat for trial in trials):
                return True
    return False


def values_found(folder: Path, values: np.ndarray, bin_s: float) -> set[str]:
    """Give the arrays in which most of these numbers occur, in any order; also per bin, as logs, averaged."""
    sample = values.reshape(-1)[:: values.size // 2000 + 1].astype(np.float64)
    averages = (values[:2, ::2] / 2 + values[:2, 1::2] / 2).reshape(-1).astype(np.float64)
    forms = [sample, sample * bin_s, averages]
    with np.errstate(invalid="ignore", divide="ignore"):
        forms += [np.log(sample), np.log(sample * bin_s)]
    return {
        name
        for name, there in real_numbers(folder).items()
        if any(_share(form[np.isfinite(form)], there) > 0.5 for form in forms)
    }


@functools.cache
def real_numbers(folder: Path) -> dict[str, np.ndarray]:
    """Give the values of every array of real numbers, ascending and each once."""
    real = {name: array[np.isfinite(array)] for name, array in arrays(folder) if array.dtype.kind == "f"}
    return {name: np.unique(array.astype(np.float64)) for name, array in real.items() if array.size > 100}


def _share(wanted: np.ndarray, there: np.ndarray) -> float:
    """Give the share of wanted numbers that are there, to float32 precision."""
    if len(wanted) == 0 or len(there) < 2:
        return 0.0
    after = np.searchsorted(there, wanted).clip(1, len(there) - 1)
    nearest = np.minimum(abs(there[after] - wanted), abs(there[after - 1] - wanted))
    return float(np.mean(nearest <= 3e-7 * abs(wanted)))


@pytest.fixture(scope="session")
def truth(dataset: Path) -> xarray.Dataset:
    return xarray.open_zarr(dataset / "truth.zarr", consolidated=False).load()


@pytest.fixture(scope="session")
def hidden_counts(truth: xarray.Dataset) -> np.ndarray:
    return truth["spikes"].values[truth["split"].values == 2][..., truth["held_out"].values].astype(np.int64)


def _hidden_values(truth: xarray.Dataset) -> dict[str, np.ndarray]:
    """Give what is true and was not recorded."""
    test = truth["split"].values == 2
    values = {"latents": truth["latents"].values, "rates_hz": truth["rates_hz"].values}
    hidden = {
        f"{what} {part}": array[rows]
        for what, array in values.items()
        for part, rows in (("test", test), ("train", ~test))
    }
    if "outputs" in truth:
        hidden["outputs test"] = truth["outputs"].values[test]
    if "inputs" in truth:
        hidden["inputs test"] = truth["inputs"].values[test]
    return hidden


def test_public_bundles_hold_nothing_hidden(bundles, name, truth, hidden_counts):
    folder, bin_s = bundles[name, "public"], truth.attrs["bin_s"]
    assert list(arrays(folder)), "the search sees the files"
    assert counts_found(folder, hidden_counts, bin_s) == set()
    for what, values in _hidden_values(truth).items():
        assert values_found(folder, values, bin_s) == set(), what


# What the organiser's bundle of each format is for.
HOLDS = {
    "nwb": ("counts", "latents test", "rates_hz test"),
    "nlb": ("counts",),
    "lfads": ("counts", "rates_hz test"),
    "npz": ("counts", "latents test", "rates_hz test"),
    "zarr": ("counts", "latents test", "rates_hz test"),
    "temporaldata": ("counts", "latents test", "rates_hz test"),
    "submission-template": ("latents test", "rates_hz test"),
}


def test_the_same_search_finds_it_in_the_organisers(bundles, name, truth, hidden_counts):
    folder, bin_s = bundles[name, "organiser"], truth.attrs["bin_s"]
    hidden = _hidden_values(truth)
    for what in HOLDS[name]:
        found = (
            counts_found(folder, hidden_counts, bin_s)
            if what == "counts"
            else values_found(folder, hidden[what], bin_s)
        )
        assert found, what


@pytest.mark.parametrize("disguise", ["transposed", "binned", "in Hz", "times", "times in ms", "by unit"])
def test_the_search_sees_through_disguises(truth, hidden_counts, tmp_path, disguise):
    counts, bin_s = hidden_counts.astype(float), truth.attrs["bin_s"]
    busy = np.argsort(-hidden_counts.sum(axis=1).max(axis=0))[:2]
    bins = np.arange(counts[..., 0].size)
    trains = [(np.repeat(bins, hidden_counts[..., unit].ravel()) + 0.4) * bin_s for unit in busy]
    order = np.argsort(np.concatenate(trains))
    with h5py.File(tmp_path / "x.h5", "w") as file:
        if disguise == "transposed":
            file["a"] = counts.transpose(2, 0, 1)
        elif disguise == "binned":
            file["a"] = counts.reshape(len(counts), -1, 2, counts.shape[2]).sum(axis=2)
        elif disguise == "in Hz":
            file["a"] = (counts / bin_s).astype(np.float32)
        elif disguise == "by unit":
            file["t"] = np.concatenate(trains)[order]
            file["u"] = np.repeat([0, 1], [len(train) for train in trains])[order]
        else:
            file["a"] = trains[0] * (1000 if disguise == "times in ms" else 1)
    assert counts_found(tmp_path, hidden_counts, bin_s)


@pytest.mark.parametrize(
    "disguise",
    [lambda x: x.T, lambda x: np.log(x[x > 0]), lambda x: x * 0.01, lambda x: x.astype(np.float32)],
)
def test_the_search_sees_through_disguises_of_rates(truth, tmp_path, disguise):
    rates_hz = truth["rates_hz"].values[truth["split"].values == 2]
    np.savez(tmp_path / "x.npz", a=disguise(rates_hz))
    assert values_found(tmp_path, rates_hz, truth.attrs["bin_s"])
