"""Digests depend on what a spec says and on nothing else."""

import hashlib
import json
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ConfigDict

from ctdspec.benchmark import load, resolved_yaml, shipped_names
from ctdspec.spec.digest import canonical, digest
from ctdspec.spec.document import write_node
from ctdspec.spec.located import Source
from ctdspec.spec.node import Node
from ctdspec.spec.parse import parse


class Anything(Node):
    model_config = ConfigDict(allow_inf_nan=True)
    value: Any


def shuffled(value: Any, rng: random.Random) -> Any:
    if isinstance(value, dict):
        items = list(value.items())
        rng.shuffle(items)
        return {key: shuffled(child, rng) for key, child in items}
    return [shuffled(child, rng) for child in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", shipped_names())
def test_order_layout_and_comments_do_not_matter(name: str, tree) -> None:
    made = load(name)
    data = shuffled(made.model_dump(mode="json"), random.Random(1))
    path = tree.write("again", "# a comment\n" + json.dumps(data, indent=3).replace(": 5.0", ": 5"))
    assert digest(load(path)) == digest(made)


@pytest.mark.parametrize("name", shipped_names())
def test_the_resolved_spec_reads_back(name: str, tree) -> None:
    made = load(name)
    path = tree.write("resolved", resolved_yaml(made))
    assert "use:" not in path.read_text()
    assert load(path) == made
    assert digest(load(path)) == digest(made)
    assert resolved_yaml(load(path)) == path.read_text()


def test_a_value_matters(tree, base_text: str) -> None:
    changed = base_text.replace("rho: 28", "rho: 28.000000000000004")
    assert digest(load(tree.write("a", changed))) != digest(load(tree.write("b", base_text)))


def test_numbers_go_by_value() -> None:
    assert (
        canonical(Anything(value={"b": [5.0, -0.0, 1e300, 0.1], "a": "é"}))
        == '{"value":{"a":"é","b":[5,0,1e+300,0.1]}}'
    )
    assert digest(Anything(value=5)) == hashlib.sha256(b'{"value":5}').hexdigest()
    assert digest(Anything(value=1)) != digest(Anything(value=True)) != digest(Anything(value="1"))


def test_another_process_agrees() -> None:
    code = "import ctdspec; from ctdspec.spec.digest import digest; print(digest(ctdspec.load('lorenz')))"
    command = [sys.executable, "-c", code]
    found = {
        subprocess.run(
            command, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {digest(load("lorenz")) + "\n"}


PRINTABLE = st.characters(
    codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029\ufeff\uffff\ufffe"
)
TRAPS = [
    "no",
    "1e-3",
    "null",
    "~",
    "",
    " x",
    "- a",
    "0o7",
    "1_000",
    "a: b",
    "#",
    "<<",
    "%",
    "2001-01-01",
    "a\n b\n",
]
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63) | st.booleans()


@given(
    st.dictionaries(st.text("abc-: #é", min_size=1), st.text(PRINTABLE) | st.sampled_from(TRAPS) | NUMBERS)
)  # fmt: skip
def test_what_is_written_reads_back(value: dict) -> None:
    node = Anything(value=value)
    document, problems = parse(Source("x.yaml", write_node(node)))
    assert problems == []
    assert document.plain() == {"value": value}
