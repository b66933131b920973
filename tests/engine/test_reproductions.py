"""Reproductions in their reduced forms, end to end: what they claim holds."""

import json

import pytest

from ctdspec.benchmark import load
from ctdspec.engine.run import run
from ctdspec.resources import shipped

pytest.importorskip("torch", reason="training is an extra: uv run --extra train pytest")


@pytest.mark.slow  # about a minute of one core
@pytest.mark.parametrize("name", ["lorenz_lfads_short", "3bff_linear_short"])
def test_the_claims_of_a_reduced_reproduction_hold(name, tmp_path):
    folder = run(shipped("specs") / "reproductions" / f"{name}.yaml", tmp_path)
    claims = json.loads((folder / "claims.json").read_text(encoding="utf-8"))
    assert {claim["says"]: claim["verdict"] for claim in claims} == {
        claim["says"]: "holds" for claim in claims
    }
    assert len(claims) >= 2


@pytest.mark.parametrize(
    "path", sorted((shipped("specs") / "reproductions").glob("*.yaml")), ids=lambda p: p.stem
)
def test_every_reproduction_is_a_valid_spec_with_claims(path):
    assert load(path).claims
