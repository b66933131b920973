"""The shipped observations: every kind has one, it can be built, and the docs show it."""

import re
from pathlib import Path

import numpy as np
import pytest
import xarray

from ctdspec import build, load
from ctdspec.resources import shipped
from ctdspec.spec.component import Component, kinds
from ctdspec.spec.node import Node

DOCS = Path(__file__).parents[1] / "docs"
OBSERVATIONS = shipped("specs") / "observations"
NAMES = sorted(path.stem for path in OBSERVATIONS.glob("*.yaml"))
FAMILIES = ("noise", "embedding", "link", "selection", "modulation")
TINY = """\
ctdspec: 1
kind: benchmark
name: tiny
title: Ten trials of a shipped observation
seed: 1
task: {{kind: spontaneous, trial_s: 1.0, bin_s: 0.01}}
system: {{use: systems/lorenz, burn_in_s: 1.0}}
observation: {{use: observations/{name}}}
trials: {{train: 6, val: 2, test: 2}}
data_models: []
metrics: [rate_r2]
"""


def spec(folder: Path, name: str) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(TINY.format(name=name))
    return path


def used(node: Node) -> set[tuple[str, str]]:
    """Give family and kind of every component of a spec."""
    found = {(node.family, node.kind)} if isinstance(node, Component) else set()
    for _, value in node:
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, Node):
                found |= used(child)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_observation_can_be_built_and_records_something(name, tmp_path):
    folder = build(spec(tmp_path, name), tmp_path)
    stores = sorted(folder.glob("**/truth.zarr"))
    sessions = load(spec(tmp_path, name)).observation.sessions
    assert len(stores) == (len(sessions.names) if sessions else 1)
    for store in stores:
        truth = xarray.open_zarr(store, consolidated=False)
        recorded = truth["spikes" if "spikes" in truth else "signals"].to_numpy()
        assert recorded.shape == truth.rates_hz.shape
        assert recorded.std() > 0
        # The mean true rate is a cortical one.
        assert 1 < float(truth.rates_hz.mean()) < 150
        assert len(list(store.parent.glob("**/*.nwb"))) == 2


def test_every_kind_has_an_observation_that_uses_it(tmp_path):
    found = set().union(*(used(load(spec(tmp_path, name))) for name in NAMES))
    observations = [load(spec(tmp_path, name)).observation for name in NAMES]
    for family in FAMILIES:
        shipped_kinds = [kind for kind, cls in kinds(family).items() if cls.__module__.startswith("ctdspec.")]
        assert len(shipped_kinds) >= 2
        for kind in shipped_kinds:
            assert (family, kind) in found, f"no file in specs/observations uses {family} {kind}"
    for part in ("populations", "sorting", "dropout", "sessions"):
        assert any(getattr(observation, part) is not None for observation in observations), part


def test_the_docs_name_every_kind():
    page = (DOCS / "observations.md").read_text()
    for family in FAMILIES:
        for kind, cls in kinds(family).items():
            if cls.__module__.startswith("ctdspec."):
                assert re.search(rf"\b{kind}\b", page), (
                    f"docs/observations.md does not mention {family} {kind}"
                )


@pytest.mark.parametrize("name", NAMES)
def test_the_docs_show_reason_spec_and_picture(name):
    page = (DOCS / "observations.md").read_text()
    reason, body = (OBSERVATIONS / f"{name}.yaml").read_text().split("\n", 1)
    assert re.fullmatch(r"# [A-Z].{20,}[.?]", reason), "the first line is a comment: a reason to use it"
    assert f"\n{reason.removeprefix('# ')}\n" in page
    assert f"```yaml\n{body.rstrip()}\n```" in page
    (link,) = re.findall(rf"\]\((pictures/observations/{name}\.png)\)", page)
    picture = (DOCS / link).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 60_000


def test_the_docs_are_linked_and_say_how_pictures_are_made():
    root = DOCS.parent
    assert "](docs/observations.md)" in (root / "README.md").read_text()
    assert "](observations.md)" in (DOCS / "specs.md").read_text()
    assert "$ ctdspec picture --all --to docs/pictures/observations" in (DOCS / "observations.md").read_text()
    drawn = {path.stem for path in (DOCS / "pictures/observations").iterdir()}
    assert drawn == set(NAMES)


def test_numbers_of_an_observation_can_be_overridden(tmp_path):
    text = TINY.format(name="refractory").replace(
        "observations/refractory}", "observations/refractory, neurons: {held_in: 4, held_out: 3}}"
    )
    (tmp_path / "changed.yaml").write_text(text)
    observation = load(tmp_path / "changed.yaml").observation
    assert (observation.n_observed, observation.n_held_out, observation.noise.kind) == (7, 3, "refractory")
    np.testing.assert_allclose(observation.noise.dead_s, 0.002)
