"""Models that are trained, in a run from end to end: declared, asked for, fitted, scored, and not again."""

import json

import pytest

pytest.importorskip("torch", reason="training is an extra: uv run --extra train pytest")


def test_a_run_with_all_methods_scores_the_trained_ones_and_keeps_them(ctdspec, tmp_path, request):
    spec = request.path.parent / "tiny_models.yaml"
    arguments = ["run", spec, "--out", tmp_path, "--json"]
    code, said, _ = ctdspec(*arguments, "--methods", "all")
    assert code == 0
    full = json.loads(said)
    assert methods(full) == {"smoothing", "gru", "neural_ode", "linear"}
    folder = tmp_path / "tiny_models" / "methods" / "gru"
    assert sorted(path.name for path in folder.iterdir()) == ["fit.json", "submission.h5"]
    report = json.loads((folder / "fit.json").read_text())
    assert report["epochs"] == 2
    assert report["seconds"] > 0
    answered_ns = (folder / "submission.h5").stat().st_mtime_ns
    assert json.loads(ctdspec(*arguments)[1])["scores"] == full["scores"]
    assert (folder / "submission.h5").stat().st_mtime_ns == answered_ns


def methods(said):
    return {row["method"] for row in said["scores"]} - {"oracle", "chance"}
