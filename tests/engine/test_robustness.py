"""The robustness of a shipped network: from the spec to facts, store and page."""

import json

import numpy as np
import pytest
from ruamel.yaml import YAML

from ctdspec import load, run
from ctdspec.spec.problem import SpecError
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.truth import open_truth

ROBUSTNESS = {"trials": 12, "draws": 4, "inputs": [0.1], "structure": [0.01, 0.4]}


def written(tmp_path, **keys):
    path = tmp_path / "spec.yaml"
    document = {
        "use": "benchmarks/muscle_reach_regularised", "name": "tiny", "data_models": [],
        "trials": {"train": 12, "val": 2, "test": 4}, "metrics": ["rate_r2"],
        "analysis": {"robustness": ROBUSTNESS}, "claims": None, **keys,
    }  # fmt: skip
    with path.open("w") as file:
        YAML().dump(document, file)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("robustness")
    return DatasetFolder(run(written(out), out))


def test_facts_are_means_over_draws(folder):
    facts = json.loads(folder.facts.read_text())
    assert set(facts) == load(folder.spec_yaml).analysis.fact_names
    stored = open_truth(folder.analysis, "robustness")
    drawn = stored["structure_percent"].to_numpy()
    assert drawn.shape == (2, 4)
    assert facts["robustness.structure_0.4_percent"] == pytest.approx(drawn[1].mean())
    assert facts["robustness.structure_0.4_percent_sd"] == pytest.approx(np.std(drawn[1], ddof=1))
    assert facts["robustness.inputs_0.1_percent"] == pytest.approx(stored["inputs_percent"].values.mean())


def test_the_undisturbed_error_is_that_of_the_stored_outputs(folder):
    truth = open_truth(folder.truth).isel(trial=slice(0, 12))
    targets, outputs = truth["targets"].values, truth["outputs"].values
    spread = np.square(targets - targets.mean(axis=(0, 1))).sum()
    expected = 100 * np.square(targets - outputs).sum() / spread
    facts = json.loads(folder.facts.read_text())
    assert facts["robustness.undisturbed_percent"] == pytest.approx(expected, rel=1e-4)
    assert facts["robustness.structure_0.01_percent"] == pytest.approx(expected, rel=0.2)
    # The shipped regularised network, with weights disturbed by 0.4 of their mean size: 79 ± 20 over draws.
    assert 4 * expected < facts["robustness.structure_0.4_percent"] < 400


def test_the_page_shows_it(folder):
    page = folder.report.read_text()
    assert "Error against the strength of disturbances. inputs by 0.1:" in page
    assert "recurrent weights" in page


def test_networks_without_such_weights_are_refused(tmp_path):
    with pytest.raises(SpecError, match="one matrix of weights"):
        load(written(tmp_path, use="benchmarks/3bff", ceilings=None))
    twice = ROBUSTNESS | {"structure": [0.1, 0.1]}
    with pytest.raises(SpecError, match="a strength is listed twice"):
        load(written(tmp_path, analysis={"robustness": twice}))
