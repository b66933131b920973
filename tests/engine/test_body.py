"""What is measured of a body is in the truth, and in the NWB file of the train trials."""

import numpy as np
import pytest
import xarray
from pynwb import NWBHDF5IO

from ctdspec import build

TINY = """\
ctdspec: 1
kind: benchmark
name: tiny_reach
title: Ten reaches
seed: 1
task: {use: tasks/random_target}
system: {use: systems/random_target_noisy_gru}
observation:
  use: observations/cortex
  embedding: {kind: leading, latents: 64, embedding: {kind: linear}}
trials: {train: 6, val: 2, test: 2}
data_models: []
metrics: [rate_r2]
"""
UNITS = {
    "hand_position": "m",
    "hand_velocity": "m/s",
    "joint_angles": "rad",
    "joint_velocities": "rad/s",
    "muscle_activations": "1",
    "muscle_lengths": "m",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("reach")
    (where / "tiny_reach.yaml").write_text(TINY)
    return build(where / "tiny_reach.yaml", where / "out")


def series(folder, part):
    (path,) = folder.glob(f"sub-*/*desc-{part}*.nwb")
    with NWBHDF5IO(path, "r") as io:
        file = io.read()
        if "behavior" not in file.processing:
            return {}
        found = file.processing["behavior"].data_interfaces
        return {name: (s.unit, s.comments, s.rate, np.array(s.data)) for name, s in found.items()}


def test_the_train_file_has_every_series_with_its_unit(folder):
    body = xarray.open_zarr(folder / "truth.zarr", group="body", consolidated=False)
    truth = xarray.open_zarr(folder / "truth.zarr", consolidated=False)
    shown = truth["split"].to_numpy() < 2
    found = series(folder, "train")
    assert {name: unit for name, (unit, *_) in found.items() if name != "outputs"} == UNITS
    for name in UNITS:
        _, comments, rate, data = found[name]
        columns = body[name].attrs["column_names"]
        assert comments == f"columns=[{','.join(columns)}]"
        assert rate == pytest.approx(100)
        np.testing.assert_array_equal(data, body[name].to_numpy()[shown].reshape(len(data), -1))
        assert len(columns) == data.shape[1]
    np.testing.assert_array_equal(found["hand_position"][3], found["outputs"][3])


def test_the_test_file_shows_nothing_that_the_subject_did(folder):
    assert series(folder, "test") == {}


def test_neurons_see_the_network_alone(folder):
    truth = xarray.open_zarr(folder / "truth.zarr", consolidated=False)
    embedding = truth["embedding"].to_numpy()
    assert embedding.shape[1] == truth.sizes["latent"] == 108
    assert (embedding[:, 64:] == 0).all()
    assert (embedding[:, :64] != 0).all()


def test_a_trial_starts_where_the_task_says(folder):
    truth = xarray.open_zarr(folder / "truth.zarr", consolidated=False)
    first = truth["outputs"].to_numpy()[:, 0]
    np.testing.assert_allclose(first, truth["targets"].to_numpy()[:, 0], atol=0.002)
