"""What the command line says of claims and sweeps, and with which exit code."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ENGINE = Path(__file__).parent / "engine"
HOLDS = {"metric": "rate_r2", "of": "smoothing", "above": "chance"}
FAILS = {"metric": "rate_r2", "of": "smoothing", "at_least": 0.999}


@pytest.fixture
def claiming(tiny_lorenz: Path, tmp_path: Path) -> Callable[..., Path]:
    """Write the spec of a finished dataset with claims beside a copy of the dataset."""

    def make(*claims: dict) -> Path:
        shutil.copytree(tiny_lorenz, tmp_path / "tiny_lorenz", dirs_exist_ok=True)
        document = YAML(typ="safe").load((ENGINE / "tiny_lorenz.yaml").read_text())
        with (tmp_path / "spec.yaml").open("w") as file:
            YAML().dump(document | {"claims": list(claims)}, file)
        return tmp_path / "spec.yaml"

    return make


def test_claims_that_hold_are_shown(ctdspec, claiming):
    spec = claiming(HOLDS)
    code, out, err = ctdspec("run", spec, "--out", spec.parent)
    assert code == 0
    assert "holds" in out
    assert "rate_r2 of smoothing is above that of chance" in " ".join(out.split())
    assert "fails" not in err


def test_a_claim_that_fails_makes_run_and_report_exit_with_1_and_says_why(ctdspec, claiming):
    spec = claiming(HOLDS, FAILS)
    for verb, what in (("run", spec), ("report", "tiny_lorenz")):
        code, _, err = ctdspec(verb, what, "--out", spec.parent)
        assert code == 1, verb
        assert "a claim fails: rate_r2 of smoothing is at least 0.999: rate_r2 of smoothing is 0." in err
        assert "above that of chance" not in err


def test_an_undecided_claim_is_said_and_does_not_fail(ctdspec, claiming, tiny_lorenz):
    table = json.loads((tiny_lorenz / "scores.json").read_text())
    [row] = [row for row in table if (row["method"], row["metric"]) == ("smoothing", "rate_r2")]
    spec = claiming({"metric": "rate_r2", "of": "smoothing", "at_least": (row["low"] + row["high"]) / 2})
    code, out, _ = ctdspec("run", spec, "--out", spec.parent)
    assert code == 0
    assert "undecided" in out


def test_claims_that_are_taken_back_are_forgotten(ctdspec, claiming):
    spec = claiming(FAILS)
    assert ctdspec("run", spec, "--out", spec.parent)[0] == 1
    assert ctdspec("run", ENGINE / "tiny_lorenz.yaml", "--out", spec.parent)[0] == 0
    assert "at least 0.999" not in (spec.parent / "tiny_lorenz/report/index.html").read_text()


def test_show_tells_the_number_of_points(ctdspec):
    code, out, _ = ctdspec("show", ENGINE / "tiny_sweep.yaml")
    assert code == 0
    assert "# 4 points" in out
    assert json.loads(ctdspec("show", ENGINE / "tiny_sweep.yaml", "--json")[1])["points"] == 4


def test_a_sweep_is_run_reported_and_not_taken_for_a_dataset(ctdspec, tmp_path):
    document = YAML(typ="safe").load((ENGINE / "tiny_sweep.yaml").read_text())
    claims = [FAILS, {"metric": "rate_r2", "of": "smoothing", "above": "chance"}]
    with (tmp_path / "spec.yaml").open("w") as file:
        YAML().dump(document | {"claims": claims, "sweep": {"seed": [0, 1]}}, file)
    code, out, err = ctdspec("run", tmp_path / "spec.yaml", "--out", tmp_path)
    assert code == 1
    assert "A sweep small enough for tests: 2 points" in out
    assert "(every point): of 2 points, it fails in 2 (seed_0, seed_1)" in err
    assert ctdspec("report", "tiny_sweep", "--out", tmp_path)[0] == 1
    code, _, err = ctdspec("verify", "tiny_sweep", "--out", tmp_path)
    assert code == 3
    assert "give one of them, as in tiny_sweep/points/seed_0" in err
    code, out, _ = ctdspec("verify", tmp_path / "tiny_sweep/points/seed_0")
    assert (code, out.splitlines()[-1]) == (0, "fine")


def test_facts_of_the_system_are_claimed(ctdspec, tmp_path):
    """The Kaplan–Yorke dimension of the Lorenz attractor is 2.06 (Sprott 2003)."""
    document = YAML(typ="safe").load((ENGINE / "tiny_lorenz.yaml").read_text())
    analysis = {"lyapunov": {"trials": 8, "duration_s": 20.0, "transient_s": 2.0}}
    dimension = {"metric": "lyapunov.kaplan_yorke_dimension", "of": "truth"}
    claims = [{**dimension, "equals": 2.06, "within": 0.05}, {**dimension, "at_least": 2.5}]
    with (tmp_path / "spec.yaml").open("w") as file:
        YAML().dump(document | {"analysis": analysis, "claims": claims, "data_models": []}, file)
    code, out, _ = ctdspec("run", tmp_path / "spec.yaml", "--out", tmp_path, "--json")
    assert code == 1
    assert [claim["verdict"] for claim in json.loads(out)["claims"]] == ["holds", "fails"]


def test_the_data_of_a_sweep_can_be_built_alone(ctdspec, tmp_path):
    code, out, _ = ctdspec("build", ENGINE / "tiny_sweep.yaml", "--out", tmp_path)
    assert code == 0
    assert str(tmp_path / "tiny_sweep/points") in "".join(out.split("\n"))
    assert len(list(tmp_path.glob("tiny_sweep/points/*/truth.zarr"))) == 4


def test_the_point_in_which_a_sweep_ends_is_named(ctdspec, tmp_path, monkeypatch):
    from ctdspec.engine import build
    from ctdspec.errors import DatasetError

    def fail(*_: object) -> None:
        raise DatasetError("the disk is full")

    monkeypatch.setattr(build, "_make_truth", fail)
    code, _, err = ctdspec("run", ENGINE / "tiny_sweep.yaml", "--out", tmp_path)
    assert code == 3
    assert "tiny_sweep/points/mean_hz_10__seed_0: the disk is full" in " ".join(err.split())
