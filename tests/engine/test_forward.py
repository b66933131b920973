"""A dataset whose test recordings end before their trials do, from the files to the scores."""

import csv
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray
import zarr

from ctdspec.benchmark import load
from ctdspec.engine.export import export
from ctdspec.engine.import_answer import import_file
from ctdspec.engine.score import score
from ctdspec.engine.truth import read_truth
from ctdspec.spec.explain import SpecError
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.recording import open_recording

N_BINS, N_AHEAD = 60, 10
SPEC = Path(__file__).parent / "tiny_forward.yaml"


@pytest.fixture(scope="module")
def stored(tiny_forward) -> xarray.Dataset:
    return xarray.open_zarr(tiny_forward / "truth.zarr", consolidated=False).load()


def test_the_truth_says_which_bins_are_to_be_predicted(tiny_forward, stored):
    test = stored["split"].values == 2
    wanted = test[:, None] & (np.arange(N_BINS) >= N_BINS - N_AHEAD)
    np.testing.assert_array_equal(stored["forward"].values, wanted)
    assert stored["valid"].values.all()
    split = read_truth(DatasetFolder(tiny_forward)).splits["test"]
    assert (split.valid.sum(axis=1) == N_BINS - N_AHEAD).all()
    assert split.whole.all()


def test_the_public_file_has_no_spike_there_and_says_so(tiny_forward, stored):
    spikes = stored["spikes"].values[stored["split"].values == 2][..., ~stored["held_out"].values]
    assert spikes[:, -N_AHEAD:].sum() > 500
    with h5py.File(DatasetFolder(tiny_forward).nwb_test) as file:
        trials = file["intervals/trials"]
        start, stop, end = (trials[f"{name}_time"][()] for name in ("start", "stop", "recording_stop"))
        np.testing.assert_allclose(stop - start, 0.6)
        np.testing.assert_allclose(end - start, 0.5)
        times, intervals = file["units/spike_times"][()], file["units/obs_intervals"][()]
        trial = np.searchsorted(start, times, side="right") - 1
        assert (times < end[trial]).all()
        assert len(times) == spikes[:, :-N_AHEAD].sum()
        np.testing.assert_allclose(intervals[: len(end)], np.column_stack([start, end]))
        assert "ends before the trial does" in file["session_description"][()].decode()
    with h5py.File(DatasetFolder(tiny_forward).nwb_train) as file:
        assert "recording_stop_time" not in file["intervals/trials"]


def test_it_opens_as_it_was_recorded(tiny_forward, stored):
    recording = open_recording(tiny_forward)
    test = recording.splits["test"]
    assert recording.n_forward == N_AHEAD
    assert not test.spikes[test.forward].any()
    spikes = stored["spikes"].values[stored["split"].values == 2][..., ~stored["held_out"].values]
    np.testing.assert_array_equal(test.spikes[test.valid], spikes[:, :-N_AHEAD].reshape(-1, spikes.shape[2]))
    assert all(recording.splits[name].forward is None for name in ("train", "val"))


def test_forward_prediction_has_ceiling_chance_and_interval(tiny_forward):
    rows = {
        row["method"]: row
        for row in csv.DictReader((tiny_forward / "scores.csv").read_text().splitlines())
        if row["metric"] == "fp_bps"
    }
    value = {method: float(row["value"]) for method, row in rows.items()}
    for method, row in rows.items():
        assert float(row["low"]) <= value[method] <= float(row["high"])
        assert (float(row["ceiling"]), float(row["chance"])) == (value["oracle"], value["chance"])
    assert value["oracle"] > 0.3
    assert value["chance"] < value["smoothing"] < value["oracle"]
    # Trials start anywhere on the attractor: their mean says nothing.
    assert value["condition_mean"] == pytest.approx(0, abs=0.05)


def test_tensors_of_nlb_are_cut_and_come_back(tiny_forward, stored, tmp_path):
    bundle = export(tiny_forward, "nlb", tmp_path / "bundle", "organiser")
    code, held_out = stored["split"].values, stored["held_out"].values
    counts, bin_s = stored["spikes"].values.astype(float), stored.attrs["bin_s"]
    with h5py.File(bundle / "test/train_input.h5") as file:
        for name, neurons in (("heldin", ~held_out), ("heldout", held_out)):
            both = np.concatenate(
                [file[f"train_spikes_{name}"], file[f"train_spikes_{name}_forward"]], axis=1
            )
            np.testing.assert_array_equal(both, counts[code < 2][..., neurons])
    with h5py.File(bundle / "test/eval_input.h5") as file:
        shown = file["eval_spikes_heldin"][()]
        np.testing.assert_array_equal(shown, counts[code == 2][:, :-N_AHEAD][..., ~held_out])
    with h5py.File(bundle / "organiser/target_data.h5") as file:
        (target,) = file.values()
        assert target["eval_spikes_heldout"].shape[1] == N_BINS - N_AHEAD
        for name, neurons in (("heldin", ~held_out), ("heldout", held_out)):
            ahead = counts[code == 2][:, -N_AHEAD:][..., neurons]
            np.testing.assert_array_equal(target[f"eval_spikes_{name}_forward"], ahead)
    filled = bundle / "test/submission_template.h5"
    rates = stored["rates_hz"].values * bin_s
    with h5py.File(filled, "a") as file:
        (group,) = file.values()
        for prefix, rows in (("train", code < 2), ("eval", code == 2)):
            for name, neurons in (("heldin", ~held_out), ("heldout", held_out)):
                group[f"{prefix}_rates_{name}"][...] = rates[rows][:, :-N_AHEAD][..., neurons]
                group[f"{prefix}_rates_{name}_forward"][...] = rates[rows][:, -N_AHEAD:][..., neurons]
    import_file(filled, "nlb", tiny_forward, tmp_path / "s.h5", "entrant")
    for row in score(tmp_path / "s.h5", tiny_forward):
        if row.metric in ("rate_r2", "co_bps", "fp_bps"):
            assert row.value == pytest.approx(row.ceiling, abs=1e-4)


def test_no_bundle_shows_them(tiny_forward, stored, tmp_path):
    ahead = stored["forward"].values[stored["split"].values == 2]
    data = np.load(export(tiny_forward, "npz", tmp_path / "npz") / "data.npz")
    np.testing.assert_array_equal(data["test_forward"], ahead)
    assert not data["test_spikes"][ahead].any()
    with h5py.File(export(tiny_forward, "lfads", tmp_path / "lfads") / "lfads.h5") as file:
        assert not file["test_encod_data"][()][ahead].any()
    group = zarr.open_group(export(tiny_forward, "zarr", tmp_path / "zarr") / "data.zarr", mode="r")
    np.testing.assert_array_equal(group["test/forward"][...], ahead)
    assert not group["test/spikes"][...][ahead].any()


def test_the_bundle_of_torch_brain_does_not_show_them(tiny_forward, tmp_path):
    pytest.importorskip("temporaldata", reason="other labs' tools: uv sync --group clients")
    bundle = export(tiny_forward, "temporaldata", tmp_path / "bundle")
    with h5py.File(bundle / "test.h5") as file:
        times, starts, ends = (file[name][()] for name in ("spikes/timestamps", "trials/start", "trials/end"))
    trial = np.searchsorted(starts, times, side="right") - 1
    assert (times < ends[trial] - 0.1).all()


@pytest.mark.parametrize(
    ("trials", "told"),
    [
        ("{forward_s: 0.105}", "whole number of bins"),
        ("{forward_s: 0.6}", "the whole trial"),
        ("{order: interleaved}", "declare trials.forward_s"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, trials, told):
    shutil.copy(SPEC.parent / "tiny_lorenz.yaml", tmp_path)
    (tmp_path / "spec.yaml").write_text(SPEC.read_text().replace("{forward_s: 0.1}", trials))
    with pytest.raises(SpecError, match=told):
        load(tmp_path / "spec.yaml")
