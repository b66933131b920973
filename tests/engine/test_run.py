"""The spine: one spec, end to end."""

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray
from nwbinspector import inspect_nwbfile, load_config
from ruamel.yaml import YAML

from ctdspec import load, run
from ctdspec import open as open_recording
from ctdspec.engine.truth import read_truth
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.manifest import read_manifest

HERE = Path(__file__).parent
LORENZ = HERE / "tiny_lorenz.yaml"


def digests(folder: Path) -> dict[str, object]:
    """Everything in a manifest that has to be the same wherever and however a spec is run."""
    manifest = read_manifest(folder / "manifest.json")
    files = {name: record.digest for name, record in manifest.files.items()}
    return {"dataset": manifest.dataset, "spec": manifest.spec, "arrays": manifest.arrays, "files": files}


def run_elsewhere(out: Path, *options: str, **environment: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ctdspec.cli", "run", str(LORENZ), "--out", str(out), *options]
    return subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def rows(folder: Path) -> dict[tuple[str, str], dict]:
    table = json.loads((folder / "scores.json").read_text())
    return {(row["method"], row["metric"]): row for row in table}


@pytest.mark.parametrize("name", ["tiny_lorenz", "tiny_3bff"])
def test_everything_the_contract_lists_is_there(name, request):
    folder = request.getfixturevalue(name)
    at = DatasetFolder(folder)
    for path in (at.spec_yaml, at.manifest, at.nwb_train, at.nwb_test, at.truth, at.submission("smoothing")):
        assert path.exists(), path
    for path in (at.scores_csv, at.scores_json, at.report):
        assert path.stat().st_size > 0
    assert load(at.spec_yaml) == load(HERE / f"{name}.yaml")


@pytest.mark.parametrize("name", ["tiny_lorenz", "tiny_3bff"])
@pytest.mark.parametrize("config", [None, "dandi"])
def test_nwbinspector_has_nothing_to_say(name, config, request):
    at = DatasetFolder(request.getfixturevalue(name))
    for path in (at.nwb_train, at.nwb_test):
        messages = inspect_nwbfile(nwbfile_path=path, config=load_config(config) if config else None)
        assert [f"{m.check_function_name}: {m.message}" for m in messages] == []


def test_scores_have_the_reference_rows_and_an_order(tiny_3bff):
    table = rows(tiny_3bff)
    spec = load(HERE / "tiny_3bff.yaml")
    assert {method for method, _ in table} == {"oracle", "smoothing", "chance"}
    for metric in spec.metrics:
        oracle, smoothing, chance = (table[method, metric] for method in ("oracle", "smoothing", "chance"))
        assert chance["value"] < smoothing["value"] < oracle["value"], metric
        assert smoothing["low"] <= smoothing["value"] <= smoothing["high"]
        assert (smoothing["ceiling"], smoothing["chance"]) == (oracle["value"], chance["value"])
    for metric in ("rate_r2", "rate_r2_median", "co_bps_share", "state_recall", "state_precision"):
        assert table["oracle", metric]["value"] == pytest.approx(1, abs=1e-5)
    with (tiny_3bff / "scores.csv").open() as file:
        as_csv = {(row["method"], row["metric"]): float(row["value"]) for row in csv.DictReader(file)}
    assert as_csv == {key: row["value"] for key, row in table.items()}


def test_the_recording_holds_what_the_truth_says_an_experimenter_saw(tiny_3bff):
    recording, truth = open_recording(tiny_3bff), read_truth(DatasetFolder(tiny_3bff))
    assert recording.dataset == truth.dataset
    for split in ("train", "val"):
        np.testing.assert_array_equal(recording.splits[split].spikes, truth.splits[split].spikes)
    np.testing.assert_array_equal(
        recording.splits["test"].spikes, truth.splits["test"].spikes[..., ~truth.held_out]
    )
    with xarray.open_zarr(tiny_3bff / "truth.zarr", consolidated=False) as stored:
        stimulus = stored.stimulus.values[stored.split.values == 2]
    np.testing.assert_array_equal(recording.splits["test"].stimulus, stimulus)


@pytest.mark.parametrize("name", ["tiny_lorenz", "tiny_3bff"])
def test_mean_rate_is_the_one_the_spec_asks_for(name, request):
    folder = request.getfixturevalue(name)
    asked = load(folder / "spec.yaml").observation.rates.mean_hz
    train = read_truth(DatasetFolder(folder)).splits["train"]
    assert train.rates_hz[train.valid].mean(dtype=np.float64) == pytest.approx(asked, rel=1e-4)


def test_truth_opens_with_named_axes(tiny_3bff):
    with xarray.open_zarr(tiny_3bff / "truth.zarr", consolidated=False) as truth:
        assert truth.latents.dims == ("trial", "time", "latent")
        assert truth.rates_hz.dims == ("trial", "time", "neuron")
        assert truth.embedding.dims == ("neuron", "latent")
        assert {"stimulus", "inputs", "targets", "outputs", "spikes", "valid", "split"} <= set(truth)
        # the states are what the outputs are read from, and the noise is on what the network received
        assert (truth.inputs - truth.stimulus).std() == pytest.approx(0.15, rel=0.02)
    with xarray.open_zarr(tiny_3bff / "truth.zarr", group="system", consolidated=False) as system:
        assert {"cell.weight_hh", "cell.weight_ih", "readout.weight", "initial_state"} <= set(system)
        answer = truth.latents.values @ system["readout.weight"].values.T + system["readout.bias"].values
    np.testing.assert_allclose(truth.outputs, answer, atol=1e-5)


def datasets(group: h5py.Group) -> Iterator[h5py.Dataset]:
    for child in group.values():
        yield from [child] if isinstance(child, h5py.Dataset) else datasets(child)


def test_no_truth_is_in_the_nwb_files(tiny_3bff):
    with xarray.open_zarr(tiny_3bff / "truth.zarr", consolidated=False) as truth:
        hidden = np.concatenate(
            [truth[name].values[::7, ::50].ravel() for name in ("latents", "rates_hz", "inputs")]
        )
        held_out_test = truth.spikes.values[truth.split.values == 2][..., truth.held_out.values]
    hidden = hidden[(hidden != 0) & (np.abs(hidden) != 1)]
    at = DatasetFolder(tiny_3bff)
    for path in (at.nwb_train, at.nwb_test):
        with h5py.File(path) as file:
            # Outputs are what an experimenter sees; near ±1 some equal a latent by chance.
            seen = [array for array in datasets(file) if "behavior" not in array.name]
            numbers = [array[()] for array in seen if array.dtype.kind == "f"]
            assert not any(np.isin(array.astype(np.float32), hidden).any() for array in numbers)
            assert sum(array.size for array in numbers) > 10_000, "the search has something to search"
    with h5py.File(at.nwb_test) as file:
        assert held_out_test.sum() > 0
        assert len(file["units/id"]) == 15
        assert "behavior" not in file["processing"]


def test_chunks_hash_seeds_and_threads_change_no_digest(tiny_lorenz, tmp_path):
    process = run_elsewhere(
        tmp_path, "--chunk-trials", "50", PYTHONHASHSEED="7", OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1"
    )
    assert process.wait() == 0
    assert digests(tmp_path / "tiny_lorenz") == digests(tiny_lorenz)


def test_a_run_that_is_killed_ten_times_ends_as_if_it_had_not_been(tiny_lorenz, tmp_path):
    start = time.perf_counter()
    run_elsewhere(tmp_path / "undisturbed").wait()
    whole_s = time.perf_counter() - start
    moments = random.Random(0)
    kills = 0
    while kills < 10:
        process = run_elsewhere(tmp_path)
        time.sleep(moments.uniform(0.35, 0.8) * whole_s)
        if process.poll() is not None:  # it got through: start over, there are kills left
            shutil.rmtree(tmp_path / "tiny_lorenz")
            whole_s *= 0.8  # the machine may have been busy before
            continue
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
    assert run_elsewhere(tmp_path).wait() == 0
    assert digests(tmp_path / "tiny_lorenz") == digests(tiny_lorenz)
    assert list((tmp_path / "tiny_lorenz").rglob(".*")) == []


def test_what_holds_is_not_done_again_and_what_does_not_is(tiny_lorenz, tmp_path):
    shutil.copytree(tiny_lorenz, tmp_path / "tiny_lorenz")
    document = YAML(typ="safe").load(LORENZ.read_text())

    def steps_done(**changes) -> set[str]:
        before = read_manifest(tmp_path / "tiny_lorenz/manifest.json").steps
        times = {name: step.model_dump_json() for name, step in before.items()}
        spec = tmp_path / "changed.yaml"
        with spec.open("w") as file:
            YAML().dump(document | changes, file)
        run(spec, tmp_path)
        after = read_manifest(tmp_path / "tiny_lorenz/manifest.json").steps
        return {name for name, step in after.items() if times.get(name) != step.model_dump_json()}

    assert steps_done() == set()
    assert steps_done(metrics=["rate_r2"]) == {"spec", "scores", "report"}
    (tmp_path / "tiny_lorenz/scores.csv").unlink()
    assert steps_done(metrics=["rate_r2"]) >= {"scores"}
    fewer = {"data_models": [], "metrics": ["rate_r2"]}
    assert steps_done(**fewer) == {"spec", "scores", "report"}
    assert "method smoothing" not in read_manifest(tmp_path / "tiny_lorenz/manifest.json").steps
    assert (tmp_path / "tiny_lorenz/methods/smoothing/submission.h5").exists(), "answers are not thrown away"
    everything = {"spec", "truth", "nwb", "method smoothing", "scores", "report"}
    assert steps_done(seed=4) == everything
    assert len(list((tmp_path / "tiny_lorenz").glob("sub-*/*.nwb"))) == 2
