"""The truth of circuits and of discrete states, from a spec to the scores."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray

from ctdspec.benchmark import load
from ctdspec.engine.run import run
from ctdspec.engine.truth import read_truth
from ctdspec.store.layout import DatasetFolder
from ctdspec.submissions.file import read_answer

SPEC = Path(__file__).parent / "tiny_circuit.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> DatasetFolder:
    return DatasetFolder(run(SPEC, tmp_path_factory.mktemp("circuit")))


def test_the_truth_says_who_drives_whom_and_which_state_is_on(folder):
    stored = xarray.open_zarr(folder.truth, consolidated=False)
    noise = xarray.open_zarr(folder.truth, group="noise", consolidated=False)
    assert noise["coupling"].dims == ("neuron", "source_neuron")
    assert noise["coupling"].shape == (10, 10)
    assert int(noise["hubs"].sum()) == 2
    assert stored["state"].dims == ("trial", "time")
    np.testing.assert_array_equal(stored["latents"].values.argmax(axis=2), stored["state"].values)
    assert set(np.unique(stored["state"])) == {0, 1, 2}


def test_spikes_follow_the_couplings(folder):
    """Intensities, without what the states give, regressed on the past spikes: the couplings themselves."""
    stored = xarray.open_zarr(folder.truth, consolidated=False)
    noise = xarray.open_zarr(folder.truth, group="noise", consolidated=False)
    steps = stored["spike_steps"].values.astype(float)
    heard, decay = np.zeros(steps.shape), np.exp(-0.001 / 0.02)
    for t in range(1, steps.shape[1]):
        heard[:, t] = decay * heard[:, t - 1] + steps[:, t - 1]
    expected = np.exp(heard @ noise["coupling"].values.T + noise["offset"].values)
    expected = expected.reshape(30, 200, 5, 10).mean(axis=2) * stored["rates_hz"].values
    free = steps.reshape(30, 200, 5, 10).sum(axis=2) == 0
    free[:, 1:] &= free[:, :-1]  # the dead time of 2 ms may reach into the next bin
    found = stored["intensity_hz"].values
    np.testing.assert_allclose(found[free], expected[free], rtol=2e-3)


def test_scores_ask_for_both(folder):
    truth = read_truth(folder)
    assert truth.wiring is not None
    assert truth.wiring.hubs is not None
    assert truth.splits["test"].labels is not None
    rows = {
        (row["method"], row["metric"]): row["value"] for row in json.loads(folder.scores_json.read_text())
    }
    assert rows["oracle", "edge_auroc"] == rows["oracle", "label_accuracy"] == 1
    assert {metric for method, metric in rows if method == "glm"} == {
        "edge_auroc", "edge_sign", "hub_recall", "rate_r2",
    }  # fmt: skip
    assert {metric for method, metric in rows if method == "clusters"} == {
        "label_accuracy", "dwell_octaves", "rate_r2",
    }  # fmt: skip
    answer = read_answer(folder.submission("glm"), truth.expected)
    assert answer.connectivity is not None
    assert answer.connectivity.shape == (10, 10)


def test_what_is_public_does_not_tell(folder):
    import h5py

    names: list[str] = []
    for part in folder.path.glob("sub-*/*.nwb"):
        with h5py.File(part) as file:
            file.visit(names.append)
    assert names
    assert not [name for name in names if any(word in name for word in ("coupling", "hub", "state"))]


def test_the_spec_is_read_back(folder):
    assert load(folder.spec_yaml).system.n_latents == 3
