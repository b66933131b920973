"""Optional data models: left out unless they are asked for, and kept once they are fitted."""

import json

import pytest

from ctdspec import load
from ctdspec.engine.run import run
from ctdspec.errors import UsageError
from ctdspec.methods.smoothing import Smoothing

SMALL = {
    "kind": "smoothing",
    "floor_hz": 0.1,
    "offset_hz": 3.0,
    "readout": {"ridges": [0.01], "fit_bins": 2000},
}


@pytest.fixture(scope="module")
def benchmark(request):
    spec = load(request.path.parent / "tiny_lorenz.yaml")
    methods = [
        Smoothing.model_validate({**SMALL, "name": name, "widths_s": [width_s], "optional": optional})
        for name, width_s, optional in (("quick", 0.03, None), ("slow", 0.05, True))
    ]
    return spec.model_copy(update={"data_models": methods, "metrics": ["co_bps"]})


def changed(benchmark, **of_slow):
    quick, slow = benchmark.data_models
    return benchmark.model_copy(update={"data_models": [quick, slow.model_copy(update=of_slow)]})


def methods_scored(folder):
    rows = json.loads((folder / "scores.json").read_text())
    return {row["method"] for row in rows} & {"quick", "slow"}


def test_an_optional_model_is_fitted_when_asked_for_and_then_kept(benchmark, tmp_path):
    folder = run(benchmark, tmp_path)
    assert methods_scored(folder) == {"quick"}
    left_out = "left out; `--methods slow` asks for it"
    assert left_out in (folder / "report/index.html").read_text()
    assert methods_scored(run(benchmark, tmp_path, methods=["slow"])) == {"quick", "slow"}
    answered_ns = (folder / "methods/slow/submission.h5").stat().st_mtime_ns
    assert methods_scored(run(benchmark, tmp_path)) == {"quick", "slow"}
    assert methods_scored(run(benchmark, tmp_path, methods=["all"])) == {"quick", "slow"}
    assert (folder / "methods/slow/submission.h5").stat().st_mtime_ns == answered_ns
    # Whether a model is optional has no influence on its answer.
    assert methods_scored(run(changed(benchmark, optional=None), tmp_path)) == {"quick", "slow"}
    assert (folder / "methods/slow/submission.h5").stat().st_mtime_ns == answered_ns
    assert left_out not in (folder / "report/index.html").read_text()
    assert methods_scored(run(changed(benchmark, widths_s=[0.06]), tmp_path)) == {"quick"}
    assert left_out in (folder / "report/index.html").read_text()


def test_a_name_that_no_data_model_has_is_refused(benchmark, tmp_path):
    with pytest.raises(UsageError, match=r"no data model 'slwo'; did you mean 'slow'"):
        run(benchmark, tmp_path, methods=["slwo"])
    assert not any(tmp_path.iterdir())
