"""What the files of each format hold, compared with the ground truth that was there before any bundle."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray

import ctdspec
from ctdspec.bundles.lfads import Lfads
from ctdspec.bundles.material import Public
from ctdspec.bundles.nlb import Nlb
from ctdspec.bundles.npz import Npz
from ctdspec.bundles.timeline import Timeline
from ctdspec.engine.export import export
from ctdspec.engine.score import score
from ctdspec.errors import SubmissionError
from ctdspec.store.recording import Recording, SplitRecording

CODES = {"train": 0, "val": 1, "test": 2}


class Expect:
    """The truth of a dataset by split."""

    def __init__(self, folder: Path) -> None:
        self.whole = xarray.open_zarr(folder / "truth.zarr", consolidated=False).load()
        self.held_out = self.whole["held_out"].values
        self.ids = self.whole["neuron_id"].values
        self.bin_s = self.whole.attrs["bin_s"]

    def __call__(self, name: str, *splits: str) -> np.ndarray:
        codes = self.whole["split"].values
        return np.concatenate([self.whole[name].values[codes == CODES[split]] for split in splits])

    def recorded(self, *splits: str) -> np.ndarray:
        """Give the recorded counts, with NaN where a neuron was lost."""
        spikes = self("spikes", *splits)
        if "observed" not in self.whole:
            return spikes
        return np.where(self("observed", *splits)[:, None], spikes, np.nan)


@pytest.fixture(scope="session")
def expect(dataset: Path) -> Expect:
    return Expect(dataset)


def read(path: Path) -> dict[str, np.ndarray]:
    with h5py.File(path) as file:
        assert not [name for name in file if isinstance(file[name], h5py.Group)]
        return {name: file[name][()] for name in file}


def test_nwb_is_the_pair_that_opens(bundles, dataset, expect):
    recording = ctdspec.open(bundles["nwb", "public"])
    np.testing.assert_array_equal(recording.splits["train"].spikes, expect("spikes", "train"))
    np.testing.assert_array_equal(
        recording.splits["test"].spikes, expect("spikes", "test")[..., ~expect.held_out]
    )
    again = xarray.open_zarr(bundles["nwb", "organiser"] / "organiser/truth.zarr", consolidated=False)
    xarray.testing.assert_identical(again.load(), expect.whole)
    assert "observation:" in (bundles["nwb", "public"] / "recipe.yaml").read_text()


def test_a_card_goes_with_the_files_of_a_shipped_benchmark(tiny_lorenz, tmp_path, monkeypatch):
    monkeypatch.setattr("ctdspec.engine.export.shipped", lambda folder: tmp_path / folder)
    card = tmp_path / "datasets/tiny_lorenz/card.yaml"
    card.parent.mkdir(parents=True)
    card.write_text("limits: none\n")
    assert (export(tiny_lorenz, "nwb", tmp_path / "b") / "card.yaml").read_text() == card.read_text()


@pytest.mark.parametrize(
    ("phase", "train", "evaluated"), [("val", ["train"], "val"), ("test", ["train", "val"], "test")]
)
def test_nlb_tensors(bundles, expect, phase, train, evaluated):
    folder = bundles["nlb", "public"] / phase
    inputs, counts = read(folder / "train_input.h5"), expect.recorded(*train)
    np.testing.assert_array_equal(inputs["train_spikes_heldin"], counts[..., ~expect.held_out])
    np.testing.assert_array_equal(inputs["train_spikes_heldout"], counts[..., expect.held_out])
    hidden = expect.recorded(evaluated)
    assert read(folder / "eval_input.h5").keys() == {"eval_spikes_heldin"}
    np.testing.assert_array_equal(
        read(folder / "eval_input.h5")["eval_spikes_heldin"], hidden[..., ~expect.held_out]
    )
    if "outputs" in expect.whole:
        np.testing.assert_array_equal(inputs["train_behavior"], expect("outputs", *train))


def test_nlb_targets_and_templates_fit_each_other(bundles, dataset, expect):
    session = dataset.name.removeprefix("ses-") if dataset.name.startswith("ses-") else ""
    name = f"tiny_sessions_{session}_10" if session else f"{dataset.name}_10"
    folder = bundles["nlb", "organiser"]
    targets = {"val": folder / "val/target_data.h5", "test": folder / "organiser/target_data.h5"}
    for phase, path in targets.items():
        with h5py.File(path) as file, h5py.File(folder / phase / "submission_template.h5") as template:
            target, answer = file[name], template[name]
            np.testing.assert_array_equal(
                target["eval_spikes_heldout"], expect.recorded(phase)[..., expect.held_out]
            )
            assert answer["eval_rates_heldout"].shape == target["eval_spikes_heldout"].shape
            assert set(answer) == {
                f"{part}_rates_{who}" for part in ("train", "eval") for who in ("heldin", "heldout")
            }
            assert all(np.isnan(rates[()]).all() for rates in answer.values())
            if "outputs" in expect.whole:
                np.testing.assert_array_equal(target["eval_behavior"], expect("outputs", phase))
                assert len(target["train_behavior"]) == len(answer["train_rates_heldin"])


def test_lfads_is_flat_and_in_the_order_of_its_columns(bundles, expect):
    public, whole = (
        read(bundles["lfads", "public"] / "lfads.h5"),
        read(bundles["lfads", "organiser"] / "organiser/lfads_with_truth.h5"),
    )
    order = np.argsort(expect.held_out, kind="stable")
    for split, prefix in (("train", "train"), ("val", "valid"), ("test", "test")):
        counts = expect("spikes", split)[..., order]
        np.testing.assert_array_equal(public[f"{prefix}_encod_data"], counts[..., : (~expect.held_out).sum()])
        np.testing.assert_array_equal(whole[f"{prefix}_recon_data"], counts)
        np.testing.assert_array_equal(whole[f"{prefix}_truth"], expect("rates_hz", split)[..., order])
        assert whole[f"{prefix}_truth"].dtype == np.float32
        if "stimulus" in expect.whole:
            np.testing.assert_array_equal(public[f"{prefix}_ext_input"], expect("stimulus", split))
    assert set(whole) - set(public) == {
        "test_recon_data",
        "train_truth",
        "valid_truth",
        "test_truth",
        "conversion_factor",
    }
    mean_count = (whole["train_truth"] / whole["conversion_factor"]).mean()
    # Of the third dataset 5 % of the spikes are missed, and up to 30 % of the neurons lost.
    missing = 0.35 if "observed" in expect.whole else 0.05
    assert mean_count == pytest.approx(whole["train_recon_data"].mean(), rel=missing), "counts per bin"
    with h5py.File(bundles["lfads", "public"] / "lfads.h5") as file:
        np.testing.assert_array_equal(file.attrs["neuron_order"], order)


def test_npz_and_zarr_hold_the_same(bundles, expect):
    data = np.load(bundles["npz", "public"] / "data.npz")
    truth = np.load(bundles["npz", "organiser"] / "organiser/truth.npz")
    for split in CODES:
        group = xarray.open_zarr(bundles["zarr", "public"] / "data.zarr", group=split, consolidated=False)
        assert {f"{split}_{name}" for name in group} == {name for name in data if name.startswith(split)}
        for name, variable in group.items():
            np.testing.assert_array_equal(data[f"{split}_{name}"], variable)
        assert group["spikes"].dims == ("trial", "time", "neuron")
        places = np.searchsorted(expect.ids, group["neuron_id"])
        np.testing.assert_array_equal(group["spikes"], expect("spikes", split)[..., places])
        assert ("outputs" in group) == ("outputs" in expect.whole and split != "test")
        assert group.attrs["bin_s"] == data["bin_s"] == expect.bin_s
    np.testing.assert_array_equal(data["test_neuron_id"], expect.ids[~expect.held_out])
    np.testing.assert_array_equal(truth["latents"], expect.whole["latents"])
    assert set(expect.whole.variables) <= set(truth)


def test_temporaldata_reads_its_files(bundles, dataset, expect):
    temporaldata = pytest.importorskip("temporaldata")
    with h5py.File(bundles["temporaldata", "public"] / "train.h5") as file:
        data = temporaldata.Data.from_hdf5(file, lazy=False)
        n_bins = expect.whole.sizes["time"]
        order = np.flatnonzero(expect.whole["split"] != 2)
        for domain, split in (("train_domain", "train"), ("valid_domain", "val")):
            counts = [_counts(data, start, n_bins, expect.bin_s) for start in getattr(data, domain).start]
            np.testing.assert_array_equal(np.stack(counts), expect("spikes", split))
        if "stimulus" in expect.whole:
            first = expect.whole["stimulus"].values[order].reshape(-1, expect.whole.sizes["input"])
            np.testing.assert_array_equal(data.stimulus.stimulus, first)
            assert data.stimulus.sampling_rate == pytest.approx(100)
    with h5py.File(bundles["temporaldata", "public"] / "test.h5") as file:
        data = temporaldata.Data.from_hdf5(file, lazy=False)
        np.testing.assert_array_equal(data.units.number, expect.ids[~expect.held_out])
        counts = [_counts(data, start, n_bins, expect.bin_s) for start in data.test_domain.start]
        np.testing.assert_array_equal(np.stack(counts), expect("spikes", "test")[..., ~expect.held_out])
    with h5py.File(bundles["temporaldata", "organiser"] / "organiser/test_truth.h5") as file:
        data = temporaldata.Data.from_hdf5(file, lazy=False)
        starts = np.arange(len(expect("spikes", "test"))) * n_bins * expect.bin_s
        counts = [_counts(data, start, n_bins, expect.bin_s) for start in starts]
        np.testing.assert_array_equal(np.stack(counts), expect("spikes", "test")[..., expect.held_out])


def _counts(data, start_s: float, n_bins: int, bin_s: float) -> np.ndarray:
    edges = start_s + (np.arange(n_bins + 1) - 1e-6) * bin_s
    times, unit = data.spikes.timestamps, data.spikes.unit_index
    return np.stack([np.histogram(times[unit == n], edges)[0] for n in range(len(data.units))], axis=-1)


def test_an_unfilled_template_is_refused_and_a_filled_one_is_scored(bundles, dataset, expect, tmp_path):
    folder = bundles["submission-template", "organiser"]
    with pytest.raises(SubmissionError, match="NaN"):
        score(folder / "submission_template.h5", dataset)
    filled = tmp_path / "filled.h5"
    filled.write_bytes((folder / "submission_template.h5").read_bytes())
    with h5py.File(filled, "r+") as file:
        for split in CODES:
            file[f"{split}/rates_hz"][...] = expect("rates_hz", split)
    values = {row.metric: row.value for row in score(filled, dataset)}
    oracle = {row.metric: row.value for row in score(folder / "organiser/oracle.h5", dataset)}
    table = json.loads((dataset / "scores.json").read_text())
    ceilings = {row["metric"]: row["value"] for row in table if row["method"] == "oracle"}
    # Its track has metrics beside those of the spec.
    assert {metric: oracle[metric] for metric in ceilings} == pytest.approx(ceilings)
    assert values == pytest.approx({metric: oracle[metric] for metric in values})
    assert "state_recall" not in values, "the template gives no states"


def test_padding_is_nan_for_nlb_and_zero_for_lfads(tmp_path):
    valid = np.arange(5) < np.array([[5], [3]])
    counts = (np.ones((2, 5, 3)) * valid[..., None]).astype(np.uint16)
    split = {
        name: SplitRecording(counts[..., :keep], np.zeros((2, 5, 0), np.float32), valid)
        for name, keep in (("train", 3), ("val", 3), ("test", 2))
    }
    recording = Recording(
        "ab", 0.005, np.array([False, False, True]), split, np.arange(3), np.array(["all"] * 3)
    )
    public = Public("padded", "Padded", "", None, {}, recording)
    nothing = np.zeros(0)
    public.__dict__["train_timeline"] = Timeline(*[nothing] * 7, stimulus=None, outputs=None)
    Nlb().write(public, tmp_path)
    Lfads().write(public, tmp_path)
    for name, array in read(tmp_path / "test/train_input.h5").items():
        np.testing.assert_array_equal(np.isnan(array[..., 0]), np.tile(~valid, (2, 1)), err_msg=name)
    assert np.isfinite(read(tmp_path / "lfads.h5")["train_recon_data"]).all()
    with h5py.File(tmp_path / "val/submission_template.h5") as file:
        assert list(file) == ["padded"], "no suffix for bins of 5 ms"


def test_signals_take_the_place_of_spikes(tmp_path):
    values, nothing = np.random.Generator(np.random.PCG64(0)).random((2, 5, 3), np.float32), np.zeros(0)
    split = {
        name: SplitRecording(None, values[..., :0], np.ones((2, 5), bool), signals=values[..., :keep])
        for name, keep in (("train", 3), ("val", 3), ("test", 2))
    }
    who = (np.array([False, False, True]), split, np.array([4, 7, 9]), np.array(["all"] * 3))
    recording = Recording("ab", 0.01, *who, "fluorescence")
    public = Public("imaged", "Imaged", "", None, {}, recording)
    public.__dict__["train_timeline"] = Timeline(*[nothing] * 7, stimulus=None, outputs=None)
    Npz().write(public, tmp_path)
    data = np.load(tmp_path / "data.npz")
    np.testing.assert_array_equal(data["test_signals"], values[..., :2])
    assert list(data["test_neuron_id"]) == [4, 7]
    assert not [name for name in data if "spikes" in name]
