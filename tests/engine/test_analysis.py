"""What is computed of the true system, and what can be known of it: from the spec to the page."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ctdspec import load, run
from ctdspec.dynamics.analysis import FIXED_POINT_FACTS, LYAPUNOV_FACTS
from ctdspec.engine.verify import verify
from ctdspec.metrics.references import REFERENCES
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.manifest import content_digest, read_manifest
from ctdspec.store.truth import open_truth

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def lorenz(tmp_path_factory) -> DatasetFolder:
    return DatasetFolder(run(HERE / "analysed_lorenz.yaml", tmp_path_factory.mktemp("lorenz")))


@pytest.fixture(scope="module")
def flip_flop(tmp_path_factory) -> DatasetFolder:
    return DatasetFolder(run(HERE / "analysed_3bff.yaml", tmp_path_factory.mktemp("3bff")))


def facts(folder: DatasetFolder) -> dict[str, float]:
    return json.loads(folder.facts.read_text())


def scores(folder: DatasetFolder) -> dict[tuple[str, str], dict]:
    return {(row["method"], row["metric"]): row for row in json.loads(folder.scores_json.read_text())}


def test_sections_that_look_at_data_do_not_change_it(lorenz, tiny_lorenz):
    with_sections, without = (read_manifest(at / "manifest.json") for at in (lorenz.path, tiny_lorenz))
    assert with_sections.dataset == without.dataset
    assert with_sections.arrays == without.arrays
    names = ["truth.zarr", *(name for name in without.files if name.endswith(".nwb"))]
    assert len(names) == 3
    for name in names:
        assert with_sections.files[name].digest == without.files[name].digest, name
    assert not {"analysis", "ceilings"} & set(without.steps)


def test_lorenz_has_the_fixed_points_of_its_equations(lorenz):
    stored = open_truth(lorenz.analysis, "fixed_points")
    system = load(lorenz.spec_yaml).system
    known = system.known_fixed_points()
    found = stored["points"].to_numpy()
    distances = np.linalg.norm(found[:, None] - known[None], axis=2)
    assert len(found) == 3
    assert (distances.min(axis=0) < 1e-6).all()
    assert stored.attrs["certificate"] == "not applicable"
    # A step of 0.04 of the equations' time by RK4 maps eigenvalues of the field to their exponentials.
    by_theory = np.exp(system.known_eigenvalues_hz() * 0.01)[distances.argmin(axis=1)]
    eigenvalues = stored["eigenvalues_real"].to_numpy() + 1j * stored["eigenvalues_imag"].to_numpy()
    np.testing.assert_allclose(np.sort(np.abs(eigenvalues)), np.sort(np.abs(by_theory)), rtol=2e-3)


def test_exponents_of_lorenz_are_those_of_the_literature(lorenz):
    found = facts(lorenz)
    # The sum is the divergence of the field, -(σ + 1 + β) per 0.25 s, for every trajectory.
    assert found["lyapunov.sum_hz"] == pytest.approx(-(10 + 1 + 8 / 3) / 0.25, rel=1e-4)
    # 8 × 5 s: the standard error is about 0.1; Sprott (2003) has 0.9056 per 0.25 s, and dimension 2.062.
    assert found["lyapunov.largest_hz"] == pytest.approx(0.9056 / 0.25, abs=0.5)
    assert found["lyapunov.kaplan_yorke_dimension"] == pytest.approx(2.062, abs=0.02)
    assert found["lyapunov.positive"] == 1


def test_facts_are_those_that_the_spec_can_give(lorenz, flip_flop):
    assert set(facts(lorenz)) <= load(lorenz.spec_yaml).analysis.fact_names
    assert load(lorenz.spec_yaml).analysis.fact_names == {*FIXED_POINT_FACTS, *LYAPUNOV_FACTS}
    assert set(facts(flip_flop)) <= load(flip_flop.spec_yaml).analysis.fact_names == set(FIXED_POINT_FACTS)
    assert "fixed_points.complete" not in facts(lorenz)


def test_three_bits_have_a_cube_of_fixed_points(flip_flop):
    found = facts(flip_flop)
    cube = {"count": 27, "stable": 8, "saddles": 19, "repellers": 0, "index_sum": 1, "complete": 1}
    assert {name: found[f"fixed_points.{name}"] for name in cube} == cube
    index = open_truth(flip_flop.analysis, "fixed_points")["index"].to_numpy()
    # Corners, edges, faces and the centre of a cube.
    np.testing.assert_array_equal(np.bincount(index), [8, 12, 6, 1])


def test_reference_rows_are_in_order(lorenz):
    table = scores(lorenz)
    methods = list(dict.fromkeys(method for method, _ in table))
    assert methods == [
        "oracle", "inference", "finite_data", "smoothing", "chance", "chance_shift", "chance_ou",
    ]  # fmt: skip
    for metric in ("rate_r2", "state_recall"):
        values = [table[name, metric]["value"] for name in ("chance_ou", "smoothing", "inference", "oracle")]
        assert values == sorted(values), metric
        assert table["chance_shift", metric]["value"] < 0.2
    assert table["finite_data", "state_recall"]["value"] == pytest.approx(1, abs=1e-4)
    row = table["inference", "co_bps"]
    assert (row["n_trials"], table["smoothing", "co_bps"]["n_trials"]) == (4, 30)
    assert row["ceiling"] != table["smoothing", "co_bps"]["ceiling"], "that of the same four trials"


def test_a_filter_that_lost_the_states_is_no_ceiling(flip_flop):
    table = scores(flip_flop)
    assert {method for method, _ in table} == set(REFERENCES)
    for name in ("inference", "inference_given_inputs"):
        assert table[name, "rate_r2"]["note"] == "a lower bound: too few particles"
    assert table["finite_data", "rate_r2"]["note"] == ""
    assert "too few particles" in flip_flop.report.read_text()


def test_the_page_shows_the_system(lorenz, flip_flop, tiny_lorenz):
    page, other = lorenz.report.read_text(), flip_flop.report.read_text()
    assert 'id="system"' in page
    assert "Kaplan–Yorke" in page
    assert "8 stable, 19 saddle" in other
    assert "complete: the signs of det(I - J) sum to +1" in other
    assert "Kaplan–Yorke" not in other
    assert 'id="system"' not in DatasetFolder(tiny_lorenz).report.read_text()


def test_stores_are_recognised_and_verified(lorenz, tmp_path):
    manifest = read_manifest(lorenz.manifest)
    for path in (lorenz.analysis, lorenz.ceilings):
        assert content_digest(path) == manifest.files[path.name].digest
    assert verify(lorenz.path) == []
    copy = DatasetFolder(tmp_path / "copy")
    shutil.copytree(lorenz.path, copy.path)
    next(copy.analysis.glob("fixed_points/points/c/*/*")).unlink()
    shutil.copy(
        next(copy.ceilings.glob("oracle/test/held_in/sd/c")), copy.ceilings / "oracle/val/held_in/sd/c"
    )
    problems = {finding.place.split("/")[0]: finding.level for finding in verify(copy.path)}
    assert problems == {"analysis.zarr": "error", "ceilings.zarr": "error"}


def test_another_ceiling_leaves_the_rest_as_it_is(lorenz, tmp_path):
    shutil.copytree(lorenz.path, tmp_path / lorenz.path.name)
    benchmark = load(HERE / "analysed_lorenz.yaml")
    fewer = benchmark.ceilings.inference.model_copy(update={"test_trials": 2, "train_trials": 5})
    changed = benchmark.model_copy(
        update={"ceilings": benchmark.ceilings.model_copy(update={"inference": fewer})}
    )
    before = read_manifest(lorenz.manifest)
    after = read_manifest(run(changed, tmp_path) / "manifest.json")
    redone = {name for name in before.steps if before.steps[name].key != after.steps[name].key}
    assert redone == {"spec", "ceilings", "scores", "report"}
