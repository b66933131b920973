"""`ctdspec run 3bff --methods all`, and lorenz, with few trials and short fits: everyone has a row."""

import json
from importlib.util import find_spec

import pytest

from ctdspec.benchmark import Benchmark, load
from ctdspec.engine.run import run
from ctdspec.errors import MethodError

SHORT_FIT = {"batch_trials": 12, "window_bins": 25, "max_epochs": 1, "device": "cpu"}
SMALL = {
    "sae": {"encoder": {"units": 6, "bins": 5, "dropout": 0.0}, "fitting": SHORT_FIT},
    "lfads": {"encoder_units": 6, "generator_units": 6, "samples": 2, "fitting": SHORT_FIT},
    "gpfa": {"n_latents": [2], "max_iterations": 2, "joined_bins": 4},
    "poisson_lds": {"n_latents": [2], "max_iterations": 2, "fit_windows": 12, "window_bins": 25},
    "poisson_hmm": {"n_states": [2], "max_iterations": 2},
    "factor_analysis": {"n_factors": [2], "widths_s": [0.04]},
    "smoothing": {"widths_s": [0.04]},
}
LIBRARIES = {"sae": "torch", "lfads": "torch", "gpfa": "elephant", "poisson_hmm": "hmmlearn"}


def reduced(name: str) -> Benchmark:
    """The shipped benchmark with all its data models, each of them and the data as small as they can be."""
    whole = load(name)
    data = whole.model_dump(mode="json", exclude_none=True, exclude={"analysis", "ceilings", "claims"})
    data["task"] |= {"trial_s": 1.0}
    data |= {"trials": {"train": 24, "val": 8, "test": 8}, "metrics": ["rate_r2", "co_bps"]}
    for method in data["data_models"]:
        small = SMALL[method["kind"]]
        fitting = method.get("fitting", {}) | small.get("fitting", {})
        method |= small | ({"fitting": fitting} if fitting else {})
    return Benchmark.model_validate_json(json.dumps(data))


@pytest.mark.parametrize("name", ["3bff", "lorenz"])
def test_every_data_model_is_fitted_and_scored(name, tmp_path):
    benchmark = reduced(name)
    missing = {
        method.name
        for method in benchmark.data_models
        if method.kind in LIBRARIES and not find_spec(LIBRARIES[method.kind])
    }
    try:
        run(benchmark, tmp_path, methods=["all"])
    except MethodError as error:
        failed = str(error)
    else:
        failed = ""
    assert all(f"data model {method}: it needs" in failed for method in missing)
    assert failed.count("data model ") == len(missing), failed
    rows = json.loads((tmp_path / name / "scores.json").read_text())
    expected = {method.name for method in benchmark.data_models} - missing
    assert {row["method"] for row in rows} == expected | {"oracle", "chance"}
    assert all(row["value"] is not None for row in rows)
    assert (tmp_path / name / "report/index.html").exists()
