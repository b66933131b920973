"""`use:` pulls in files from two trees and nothing else, and what stands beside it overrides them."""

from pathlib import Path

import pytest

from ctdspec.benchmark import load
from ctdspec.spec.document import write_node
from ctdspec.spec.explain import SpecError


def test_mappings_merge_and_lists_replace(tree) -> None:
    made = load(tree.write("x", "use: base\nobservation: {neurons: {held_in: 7}}\nmetrics: [rate_r2]\n"))
    base = load(tree.folder / "base.yaml")
    assert (made.observation.neurons.held_in, made.observation.neurons.held_out) == (7, 10)
    assert made.observation.rates == base.observation.rates
    assert made.metrics == ["rate_r2"]


def test_another_kind_replaces(tree) -> None:
    tree.write("parts/task", "{kind: flip_flop, bits: 2, trial_s: 1, bin_s: 0.01}")
    task = "{use: parts/task, kind: spontaneous, trial_s: 2, bin_s: 0.5}"
    made = load(tree.write("x", f"use: base\ntask: {task}\n"))
    assert made.task.model_dump() == {"kind": "spontaneous", "trial_s": 2, "bin_s": 0.5}


def test_use_within_use_and_within_overrides(tree) -> None:
    tree.write("a", "use: base\nobservation: {use: eye, neurons: {held_in: 5}}\n")
    tree.write("eye", "neurons: {use: few}\n")
    tree.write("few", "{held_in: 3, held_out: 4}\n")
    tree.write("counts", "train: 5\nval: 6\ntest: 7\n")
    made = load(tree.write("x", "use: a\ntrials: {use: counts, test: 9}\n"))
    assert made.observation.neurons.model_dump(exclude_none=True) == {"held_in": 5, "held_out": 4}
    counts = {"train": 5, "val": 6, "test": 9, "order": "sequential"}
    assert made.trials.model_dump(exclude_none=True) == counts


def test_own_tree_comes_before_the_shipped_one(tree) -> None:
    spec = tree.write("x", "use: base\nsystem: {use: systems/lorenz}\n")
    assert load(spec).system.model_dump()["rho"] == 28
    tree.write("systems/lorenz", "use: parts/mine\nrho: 14\n")
    tree.write("parts/mine", write_node(load(tree.folder / "base.yaml").system))
    assert load(spec).system.model_dump()["rho"] == 14


def test_a_shipped_spec_never_reads_the_working_folder(tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.write("systems/lorenz", "kind: nonsense\n")
    monkeypatch.chdir(tree.folder)
    assert load("lorenz").system.kind == "lorenz"


def test_parents_are_out_of_reach(tree) -> None:
    tree.write("secret", "seed: 1\n")
    spec = tree.write("below/x", "use: secret\n")
    with pytest.raises(SpecError, match=r"there is no secret.yaml"):
        load(spec)


@pytest.mark.parametrize("target", ["secret.yaml", "/etc/passwd", "loop.yaml"])
def test_links_that_lead_out_are_refused(target: str, tree, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("seed: 41\n")
    (tree.folder / "loop.yaml").symlink_to("loop.yaml")
    link = tree.folder / "inside.yaml"
    link.symlink_to(target if target.startswith(("/", "loop")) else tmp_path / target)
    with pytest.raises(SpecError, match="a link that leads out") as caught:
        load(tree.write("x", "use: inside\n"))
    assert "41" not in str(caught.value)
    assert "root:" not in str(caught.value)


def test_folders_that_lead_out_are_not_listed(tree, tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "private/diary.yaml").write_text("{}")
    (tree.folder / "door").symlink_to(tmp_path / "private")
    for name in ("door/diary", "door/diarx"):
        with pytest.raises(SpecError) as caught:
            load(tree.write("x", f"use: {name}\n"))
        assert "allowed: door/diary" not in str(caught.value)
        assert "did you mean" not in str(caught.value)


def test_links_within_the_tree_are_fine(tree) -> None:
    (tree.folder / "other.yaml").symlink_to("base.yaml")
    assert load(tree.write("x", "use: other\n")).name == "base"


@pytest.mark.parametrize(
    "name", ["~/x", "C:\\x", "https://a.b/c", "a//b", "./a", "a/../a", "", "a\\b", "a/", "é"]
)
def test_odd_names(name: str, tree) -> None:
    with pytest.raises(SpecError, match="not a name that can be used"):
        load(tree.write("x", f"use: '{name}'\n"))


def test_long_chains_are_refused(tree) -> None:
    for i in range(9):
        tree.write(f"c{i}", f"use: c{i + 1}\n")
    tree.write("c9", "use: base\n")
    assert load(tree.folder / "c3.yaml").name == "base"
    with pytest.raises(SpecError, match=r"more than 8 files in a chain: c1 > c2 > .* > c9"):
        load(tree.folder / "c0.yaml")


def test_files_that_multiply_are_stopped(tree) -> None:
    for i in range(6):
        tree.write(f"b{i}", "\n".join(f"k{j}: {{use: b{i + 1}}}" for j in range(20)))
    tree.write("b6", "[" + "x, " * 1000 + "]")
    with pytest.raises(SpecError, match="with what it uses, more than 20000 values"):
        load(tree.folder / "b0.yaml")


def test_a_problem_in_a_used_file_names_it(tree) -> None:
    part = tree.write("parts/eye", "neurons: {held_in: 1,\n  held_out: -3}\n")
    with pytest.raises(SpecError) as caught:
        load(tree.write("x", "use: base\nobservation: {use: parts/eye}\n"))
    (problem,) = caught.value.problems
    assert problem.as_dict()["file"] == str(part)
    assert (problem.place.line, problem.place.column) == (2, 13)
    assert problem.path == "observation.neurons.held_out"
