"""The plan is a pure function of the spec: what depends on what, and what is the same."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from ctdspec import load
from ctdspec.benchmark import Benchmark
from ctdspec.engine import plan as plan_module
from ctdspec.engine.plan import plan
from ctdspec.engine.step import versions
from ctdspec.systems.lorenz import Lorenz

HERE = Path(__file__).parent


def changed(tmp_path: Path, **changes: object) -> Benchmark:
    document = YAML(typ="safe").load((HERE / "tiny_lorenz.yaml").read_text()) | changes
    path = tmp_path / "changed.yaml"
    with path.open("w") as file:
        YAML().dump(document, file)
    return load(path)


def keys(benchmark: Benchmark) -> dict[str, str]:
    return {step.name: step.key for step in plan(benchmark)}


def test_every_step_comes_after_those_it_needs():
    for name in ("tiny_lorenz", "tiny_3bff", "tiny_sweep", "tiny_sessions"):
        seen: set[tuple[str, str]] = set()
        for step in plan(load(HERE / f"{name}.yaml")):
            assert set(step.needs) <= seen, step.id
            assert step.id not in seen
            seen.add(step.id)


def test_a_plan_reads_no_dataset_and_is_the_same_each_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second = (plan(load(HERE / "tiny_sweep.yaml")) for _ in range(2))
    assert [(step.id, step.key, step.needs) for step in first] == [
        (step.id, step.key, step.needs) for step in second
    ]
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "redone"),
    [
        ({"metrics": ["rate_r2"]}, {"spec", "scores", "report"}),
        ({"data_models": []}, {"spec", "scores", "report"}),
        ({"seed": 4}, {"spec", "truth", "nwb", "method smoothing", "scores", "report"}),
    ],
)
def test_a_change_touches_what_depends_on_it_alone(tmp_path, change, redone):
    before, after = keys(load(HERE / "tiny_lorenz.yaml")), keys(changed(tmp_path, **change))
    assert {name for name in after if after[name] != before[name]} == redone


def test_a_new_version_of_a_component_touches_what_it_makes(monkeypatch):
    before = keys(load(HERE / "tiny_lorenz.yaml"))
    monkeypatch.setattr(Lorenz, "version", 2)
    benchmark = load(HERE / "tiny_lorenz.yaml")
    assert versions(benchmark) == ["system lorenz 2"]
    after = keys(benchmark)
    assert {name for name in after if after[name] == before[name]} == {"spec"}


def test_a_new_version_of_a_step_touches_what_follows(monkeypatch):
    before = keys(load(HERE / "tiny_lorenz.yaml"))
    monkeypatch.setattr("ctdspec.engine.fit.VERSION", 2)
    after = keys(load(HERE / "tiny_lorenz.yaml"))
    changed_steps = {name for name in after if after[name] != before[name]}
    assert changed_steps == {"method smoothing", "scores", "report"}


def test_points_that_differ_in_who_is_judged_share_their_data(tmp_path):
    benchmark = changed(tmp_path, sweep={"data_models.smoothing.widths_s": [[0.02], [0.08]]})
    steps = plan(benchmark)
    for name, n_keys in (("truth", 1), ("nwb", 1), ("method smoothing", 2), ("scores", 2)):
        assert len({step.key for step in steps if step.name == name}) == n_keys, name


def test_planning_runs_nothing():
    """A step is made in its `make` alone: the module of the plan imports no numerics."""
    tree = ast.parse(Path(plan_module.__file__).read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    expected = ("ctdspec.", "__future__", "collections.abc", "contextlib", "typing")
    assert all(name.startswith(expected) for name in imported if name)
