"""Models of a part of a linear network in infinite data: from the spec to facts, against theory and data."""

import json

import numpy as np
import pytest
from ruamel.yaml import YAML

from ctdspec import load, run
from ctdspec.dynamics.infinite_data import HiddenStatesAnalysis, StudentAnalysis
from ctdspec.dynamics.mechanism import slowest_time_s
from ctdspec.engine.infinite_data import Teacher, chosen, hidden_states, model_facts, students
from ctdspec.spec.problem import SpecError
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.truth import open_truth

STUDENT = {"seen": [10, 100], "selection": "first", "looks": "continuous", "noise_share": 0.0}
HIDDEN = {"seen": [10], "selection": "first", "latents": 2, "lag_s": 0.5, "blocks": 4}


def student(**changes):
    return StudentAnalysis.model_validate({**STUDENT, **changes})


def written(tmp_path, **keys):
    path = tmp_path / "spec.yaml"
    analysis = {"student": STUDENT, "hidden_states": HIDDEN}
    with path.open("w") as file:
        YAML().dump({"use": "benchmarks/partial_looks", "name": "tiny", "analysis": analysis, **keys}, file)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("infinite_data")
    claim = {"metric": "student.seen_10.slowest_time_s", "of": "truth", "at_least": 5}
    return DatasetFolder(run(written(out, sweep=None, claims=[claim]), out))


def test_facts_are_those_that_the_spec_can_give(folder):
    facts, names = json.loads(folder.facts.read_text()), load(folder.spec_yaml).analysis.fact_names
    assert set(facts) <= names
    assert {name.split(".")[-1] for name in names - set(facts)} <= {"line_attractor_score"}
    assert json.loads(folder.claims.read_text())[0]["verdict"] == "holds"
    stored = open_truth(folder.analysis, "student")
    rates = stored["rates_real_hz"].to_numpy()
    assert stored["n_seen"].values.tolist() == [10, 100]
    assert -1 / rates[0, 0] == pytest.approx(facts["student.seen_10.slowest_time_s"])
    assert np.isnan(rates[0, 10:]).all()
    page = folder.report.read_text()
    assert "<td>student</td><td>100</td><td>1" in page
    assert "<td>hidden states</td><td>10</td>" in page


def test_all_units_are_the_teacher_and_its_modes_are_not_computed(folder):
    facts = json.loads(folder.facts.read_text())
    # All eigenvalues are 0 by construction; those that LAPACK finds are not.
    assert facts["student.seen_100.slowest_time_s"] == pytest.approx(1.0, abs=1e-12)
    assert facts["student.seen_100.weights_error"] < 1e-9
    assert facts["student.seen_100.lag_mismatch"] < 1e-9
    assert facts["student.seen_10.moment_mismatch"] < 1e-9


def test_a_chain_has_the_numbers_that_were_measured_before(shipped_system):
    teacher = Teacher(shipped_system("ff_chain", units=100))
    facts = model_facts("student", teacher, students(teacher, student(seen=[5]), 0.01, 0))
    # Measured before with other code: τ 9.7 and a line attractor score of 2.57.
    assert facts["student.seen_5.slowest_time_s"] == pytest.approx(9.7, rel=0.02)
    assert facts["student.seen_5.line_attractor_score"] == pytest.approx(2.57, abs=0.02)


@pytest.mark.parametrize("name", ["lowrank_null", "ff_integrator", "symmetric"])
def test_short_bins_are_nearly_continuous(shipped_system, name):
    teacher = Teacher(shipped_system(name, units=40))
    continuous, bins = (
        students(teacher, student(seen=[6], looks=looks), 1e-4, 0)[0] for looks in ("continuous", "bins")
    )
    assert slowest_time_s(bins.rates) == pytest.approx(slowest_time_s(continuous.rates), rel=0.02)


@pytest.mark.parametrize("noise_share", [0.0, 0.2])
def test_looks_in_bins_are_what_a_regression_of_data_finds(shipped_system, noise_share):
    system, bin_s, seen = shipped_system("symmetric", units=12), 0.5, np.arange(4)
    teacher = Teacher(system)
    rng, states = np.random.default_rng(0), np.zeros((4000, 12))
    # 4000 × 40 bins: the error of an entry of the step is about 0.003.
    step, kick = (
        teacher.flow(bin_s),
        np.linalg.cholesky(
            teacher.covariance - teacher.flow(bin_s) @ teacher.covariance @ teacher.flow(bin_s).T
        ),
    )
    looks = []
    sd = np.sqrt(noise_share * np.mean(np.diagonal(teacher.covariance)[seen]))
    for _ in range(60):
        states = states @ step.T + rng.standard_normal(states.shape) @ kick.T
        looks.append(states[:, seen] + sd * rng.standard_normal((4000, 4)))
    before, after = (np.concatenate(part) for part in (looks[20:-1], looks[21:]))
    fitted = np.linalg.lstsq(before, after, rcond=None)[0].T
    found = students(teacher, student(seen=[4], looks="bins", noise_share=noise_share), bin_s, 0)[0]
    assert np.exp(found.rates * bin_s) == pytest.approx(_sorted(np.linalg.eigvals(fitted)), abs=0.02)


def _sorted(values):
    return values[np.argsort(-np.abs(values))]


def test_hidden_states_of_an_observable_system_are_its_own(shipped_system):
    system = shipped_system("symmetric", units=6)
    wanted = HiddenStatesAnalysis.model_validate({**HIDDEN, "seen": [3], "latents": 6})
    teacher = Teacher(system)
    found = hidden_states(teacher, wanted, 0)[0]
    assert found.rates.real == pytest.approx(np.sort(teacher.rates.real)[::-1], abs=1e-5)
    facts = model_facts("hidden_states", teacher, [found])
    assert facts["hidden_states.seen_3.lag_mismatch"] < 1e-6


def test_selections_choose_so_many_units_and_random_ones_contain_fewer():
    few, many = chosen(student(seen=[5, 20], selection="random"), 50, 3)
    assert set(few) < set(many)
    assert len(many) == 20
    contiguous = chosen(student(seen=[5, 50], selection="contiguous"), 50, 3)
    assert np.diff(contiguous[0]).tolist() == [1] * 4
    assert contiguous[1].tolist() == list(range(50))
    assert chosen(student(), 100, 0)[0].tolist() == list(range(10))


def test_what_there_is_no_equation_for_is_refused(tmp_path):
    tanh = {"use": "systems/lowrank_osc", "units": 100}
    refused = [
        ({"system": tanh}, "for linear rate networks only"),
        ({"system": {"use": "systems/lowrank_null", "units": 50}}, "100 units are to be seen, but .* has 50"),
        ({"analysis": {"student": STUDENT | {"seen": [5, 5]}}}, "a number is listed twice"),
        ({"analysis": {"student": STUDENT | {"noise_share": 0.1}}}, "hides everything"),
        ({"analysis": {"hidden_states": HIDDEN | {"latents": 50}}}, "cannot be told from 4 blocks of 10"),
        (
            {"system": {"use": "systems/symmetric", "units": 100, "connectivity": {"sd": 1.5}}},
            "spectral abscissa 1.961, and .* stable only below 1",
        ),
    ]  # fmt: skip
    for keys, why in refused:
        with pytest.raises(SpecError, match=why):
            load(written(tmp_path, sweep=None, claims=None, **keys))
