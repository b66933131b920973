"""The truth of circuits and of discrete states, from a spec to the scores."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray

from ctdspec.benchmark import load
from ctdspec.engine.run import build, run
from ctdspec.engine.truth import read_truth
from ctdspec.spec.explain import SpecError
from ctdspec.store.layout import DatasetFolder
from ctdspec.submissions.file import read_answer

SPEC = Path(__file__).parent / "tiny_circuit.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> DatasetFolder:
    return DatasetFolder(run(SPEC, tmp_path_factory.mktemp("circuit")))


@pytest.fixture(scope="module")
def switching(tmp_path_factory) -> DatasetFolder:
    """The same with couplings that switch with the state."""
    return DatasetFolder(
        build(switching_spec(tmp_path_factory.mktemp("spec"), 3), tmp_path_factory.mktemp("to"))
    )


def switching_spec(folder: Path, states: int) -> Path:
    path = folder / "switching.yaml"
    path.write_text(SPEC.read_text().replace("tau_s: 0.02, hubs", f"tau_s: 0.02, states: {states}, hubs"))
    return path


def test_the_truth_says_who_drives_whom_and_which_state_is_on(folder):
    stored = xarray.open_zarr(folder.truth, consolidated=False)
    noise = xarray.open_zarr(folder.truth, group="noise", consolidated=False)
    assert noise["coupling"].dims == ("neuron", "source_neuron")
    assert noise["coupling"].shape == (10, 10)
    assert int(noise["hubs"].sum()) == 2
    assert stored["state"].dims == ("trial", "time")
    np.testing.assert_array_equal(stored["latents"].values.argmax(axis=2), stored["state"].values)
    assert set(np.unique(stored["state"])) == {0, 1, 2}


@pytest.mark.parametrize("name", ["folder", "switching"])
def test_spikes_follow_the_couplings(name, request):
    """Intensities again, from the spikes, the states and the couplings, where no dead time is in the way."""
    made = request.getfixturevalue(name)
    stored = xarray.open_zarr(made.truth, consolidated=False)
    noise = xarray.open_zarr(made.truth, group="noise", consolidated=False)
    networks = np.broadcast_to(noise["coupling"].values, (3, 10, 10))
    offsets = np.broadcast_to(noise["offset"].values, (3, 10))
    steps, state = stored["spike_steps"].values.astype(float), stored["state"].values
    own = networks[np.repeat(state, 5, axis=1)]  # (trial, step, neuron, source neuron)
    told = np.einsum("ktij,ktj->kti", own, steps)
    heard, decay = np.zeros(steps.shape), np.exp(-0.001 / 0.02)
    for t in range(1, steps.shape[1]):
        heard[:, t] = decay * heard[:, t - 1] + told[:, t - 1]
    expected = np.exp(heard).reshape(30, 200, 5, 10).mean(axis=2) * stored["rates_hz"].values
    expected *= np.exp(offsets[state])
    free = steps.reshape(30, 200, 5, 10).sum(axis=2) == 0
    free[:, 1:] &= free[:, :-1]  # the dead time of 2 ms may reach into the next bin
    found = stored["intensity_hz"].values
    np.testing.assert_allclose(found[free], expected[free], rtol=2e-3)


def test_couplings_switch_in_size_only(switching):
    noise = xarray.open_zarr(switching.truth, group="noise", consolidated=False)
    assert noise["coupling"].dims[1:] == ("neuron", "source_neuron")
    weights = noise["coupling"].values
    assert weights.shape == (3, 10, 10)
    there = weights[0] != 0
    assert there.sum() > 10
    for other in weights[1:]:
        np.testing.assert_array_equal(np.sign(other), np.sign(weights[0]))
        assert np.abs(other - weights[0])[there].mean() > 0.05
    wiring = read_truth(switching).wiring
    assert wiring is not None
    np.testing.assert_allclose(wiring.weights, weights.mean(axis=0))


def test_couplings_switch_with_discrete_states_only(tmp_path):
    with pytest.raises(SpecError, match=r"coupling.states is 4, but the system has 3 discrete states"):
        load(switching_spec(tmp_path, 4))


def test_rates_are_near_the_declared_ones_although_couplings_switch(switching):
    stored = xarray.open_zarr(switching.truth, consolidated=False)
    found = stored["spikes"].values.mean(axis=(0, 1)) / 0.005
    # 30 s at 20 Hz: a neuron's mean is known to 5 %, that of all ten to 2 %; couplings add slow noise.
    assert found.mean() == pytest.approx(stored["rates_hz"].values.mean(), rel=0.1)


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


def test_the_page_says_over_what_its_intervals_are(folder):
    assert "and of neurons where couplings are scored" in folder.report.read_text()
