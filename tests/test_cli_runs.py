"""The verbs for making and judging datasets: what they print, where, and with which exit code."""

import json
import shutil
from pathlib import Path

import h5py
import pytest
from ruamel.yaml import YAML

LORENZ = Path(__file__).parent / "engine/tiny_lorenz.yaml"
VERBS = ["run", "build", "train", "fit", "score", "report", "verify"]


@pytest.fixture
def dataset(tiny_lorenz: Path, tmp_path: Path) -> Path:
    """A finished dataset that a test may damage."""
    return Path(shutil.copytree(tiny_lorenz, tmp_path / "tiny_lorenz"))


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_an_example(ctdspec, verb):
    code, out, _ = ctdspec(verb, "--help")
    assert code == 0
    assert f"Example: ctdspec {verb}" in out
    assert "--json" in out


def test_run_says_where_everything_is_and_how_it_went(ctdspec, dataset):
    code, out, _ = ctdspec("run", LORENZ, "--out", dataset.parent)
    assert code == 0
    for path in (
        "truth.zarr",
        "scores.csv",
        "report/index.html",
        "desc-train_ecephys.nwb",
        "desc-test_ecephys.nwb",
    ):
        assert path in out
    for name in ("oracle", "smoothing", "chance", "rate_r2", "co_bps"):
        assert name in out


def test_run_gives_data_to_machines(ctdspec, dataset):
    code, out, err = ctdspec("run", LORENZ, "--out", dataset.parent, "--json")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert answer["scores"] == json.loads((dataset / "scores.json").read_text())
    assert all(Path(path).exists() for path in answer["places"].values())


def test_score_gives_the_rows_of_the_table(ctdspec, dataset):
    submission = dataset / "methods/smoothing/submission.h5"
    code, out, _ = ctdspec("score", submission, "--against", dataset, "--json")
    table = json.loads((dataset / "scores.json").read_text())
    assert code == 0
    scores = json.loads(out)["scores"]
    assert [row for row in table if row["method"] == "smoothing"] == [
        row for row in scores if row["metric"] in {row["metric"] for row in table}
    ]


def test_score_refuses_an_answer_to_another_dataset(ctdspec, dataset):
    submission = dataset / "methods/smoothing/submission.h5"
    with h5py.File(submission, "r+") as file:
        file.attrs["dataset"] = "0" * 64
        del file["test/rates_hz"]
    code, out, err = ctdspec("score", submission, "--against", dataset)
    assert (code, err) == (3, "")
    assert "SUB-STR-005  dataset" in out
    assert "SUB-STR-010  test" in out, "every problem is reported at once"


def test_verify_knows_a_whole_dataset_from_a_damaged_one(ctdspec, dataset):
    code, out, _ = ctdspec("verify", dataset)
    assert (code, out.splitlines()[-1]) == (0, "fine")
    chunk = next((dataset / "truth.zarr/rates_hz/c").rglob("0"))
    while chunk.is_dir():
        chunk = next(chunk.iterdir())
    content = bytearray(chunk.read_bytes())
    content[-1] ^= 1
    chunk.write_bytes(content)
    code, out, _ = ctdspec("verify", dataset, "--json")
    assert code == 1
    assert [finding for finding in json.loads(out)["findings"] if "rates_hz" in finding["place"]]


@pytest.mark.parametrize("verb", ["verify", "report"])
def test_a_dataset_that_is_not_there_is_a_clear_error(ctdspec, tmp_path, verb):
    code, _, err = ctdspec(verb, "nowhere", "--out", tmp_path)
    assert code == 3
    assert "found no manifest.json" in err
    assert "ctdspec run nowhere" in err


def test_report_makes_the_page_again(ctdspec, dataset):
    page = (dataset / "report/index.html").read_bytes()
    (dataset / "report/index.html").unlink()
    code, out, _ = ctdspec("report", dataset)
    assert code == 0
    assert "report/index.html" in out
    assert (dataset / "report/index.html").read_bytes() == page


def test_there_is_nothing_to_train_in_an_equation(ctdspec, tmp_path):
    code, _, err = ctdspec("train", LORENZ, "--out", tmp_path)
    assert code == 2
    assert "nothing to train in a system of kind 'lorenz'" in err


def test_rates_that_no_neuron_has_are_refused_and_nothing_is_left_half_written(ctdspec, tmp_path):
    document = YAML(typ="safe").load(LORENZ.read_text())
    document["observation"]["rates"] |= {"kind": "exp", "gain": 9.0, "mean_hz": 900.0}
    with (tmp_path / "loud.yaml").open("w") as file:
        YAML().dump(document, file)
    code, _, err = ctdspec("build", tmp_path / "loud.yaml", "--out", tmp_path / "out")
    assert code == 2
    assert "lower the mean or the gain of observation.rates" in err
    assert not (tmp_path / "out/tiny_lorenz/truth.zarr").exists()
    code, *_ = ctdspec("build", LORENZ, "--out", tmp_path / "out")
    assert code == 0, "the folder is not spoilt"
    assert [path.name for path in (tmp_path / "out").rglob(".*")] == [".tiny_lorenz.lock"]
