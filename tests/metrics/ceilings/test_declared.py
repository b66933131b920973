"""Which ceilings and analyses a benchmark can have."""

from pathlib import Path

import pytest

from ctdspec import load
from ctdspec.spec.problem import SpecError

POINTS = "{visited_trials: 5, visited_starts: 8, segment_starts: 0, rounds: 1, slow: 0.01, inputs: %s}"
INFERENCE = (
    "{train_trials: %d, test_trials: 3, particles: %d, first_particles: 50, lag_bins: 5, looks: 1, "
    "blind_share: 0.5, bank_trials: 5, jitter: 0.01}"
)
RATES_ONLY = "metrics: [rate_r2]\ndata_models: []"
SECTIONS = "analysis: null\nceilings: null\nclaims: null\n"


def problem(tmp_path: Path, text: str, like: str = "3bff") -> str:
    path = tmp_path / "x.yaml"
    path.write_text(f"use: benchmarks/{like}\nname: x\n{text}\n")
    with pytest.raises(SpecError) as caught:
        load(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("ceilings: {inference: %s}" % (INFERENCE % (900, 50)), "train_trials", "found 900, but"),
        ("ceilings: {inference: %s}" % (INFERENCE % (9, 99)), "ceilings.inference", "found 50 first"),
        (
            "observation: {noise: {kind: negative_binomial, fano: 1.5}}",
            "ceilings.inference",
            "likelihood",
        ),
        ("observation: {use: observations/sorting}", "ceilings.inference", "observation.sorting mixes"),
        (f"observation: {{use: observations/calcium}}\n{RATES_ONLY}", "ceilings.readout", "needs spikes"),
        ("analysis: {fixed_points: null}", "analysis", "nothing to compute"),
        ("analysis: {fixed_points: %s}" % (POINTS % "[0.0, 1.0]"), "analysis", "the task has 3"),
        (
            "analysis: {lyapunov: {trials: 2, duration_s: 1.0, transient_s: 0.0}}",
            "analysis",
            "lyapunov is for systems that run by themselves",
        ),
        ("data_models: [{use: data_models/smoothing, name: inference}]", "data_models", "is reserved"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_reason(tmp_path, text, place, reason):
    found = problem(tmp_path, text)
    assert place in found
    assert reason in found


def test_sections_can_be_taken_away(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(f"use: benchmarks/3bff\nname: x\n{SECTIONS}observation: {{use: observations/sorting}}\n")
    benchmark = load(path)
    assert benchmark.analysis is None
    assert benchmark.ceilings is None
    assert benchmark.claims is None
