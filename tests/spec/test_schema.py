"""The published JSON Schema is the language's: what it accepts and refuses, `load` does too."""

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ctdspec.benchmark import Benchmark, load, shipped_names
from ctdspec.errors import CtdspecError, UsageError
from ctdspec.resources import shipped
from ctdspec.spec.component import families, kinds
from ctdspec.spec.load import load as load_plain
from ctdspec.spec.resolve import USE
from ctdspec.spec.schema import RELEASE, schema_text, write_schema

FOLDER = shipped("specs") / "schema"
BAD = Path(__file__).parent / "bad"

# A release is a promise to editors and to other programs. If this test fails, either undo the change of the
# released file, or, if the language has changed, raise RELEASE in ctdspec/spec/schema.py, run
# `ctdspec schema --write specs/schema --freeze`, and add the SHA-256 of the new file here; the old one stays.
FROZEN = {
    "1.0": "19d79c380a860dae6071b7f0fd4ca7c60a42aefb9a07d82466548d910f466c5e",
}

# Problems that JSON Schema has no words for: what spans several values or files.
BEYOND = {
    *("circle", "in_a_used_file", "missing_file", "missing_key", "name_twice", "not_a_mapping", "not_finite"),
    *("rule_of_a_kind", "syntax_of_a_used_file"),
    *(
        "claim_without_relation",
        "claim_keys_do_not_fit",
        "claim_about_nothing",
        "claim_about_an_unknown_fact",
    ),
    *("trend_along_no_numbers", "sweep_paths", "sweep_points", "sweep_combination", "sweep_too_large"),
}


def problems(data: Any) -> list[jsonschema.ValidationError]:
    schema = json.loads(schema_text(Benchmark))
    jsonschema.Draft202012Validator.check_schema(schema)
    return list(jsonschema.Draft202012Validator(schema).iter_errors(data))


def plain(path: Path) -> Any:
    return load_plain(path)[0].plain()


def test_the_current_schema_is_committed() -> None:
    text = (FOLDER / "benchmark.json").read_text(encoding="utf-8")
    assert text == schema_text(Benchmark), "run `ctdspec schema --write specs/schema` and commit what changes"


@pytest.mark.parametrize("release", FROZEN)
def test_released_schemas_are_frozen(release: str) -> None:
    content = (FOLDER / release / "benchmark.json").read_bytes()
    assert hashlib.sha256(content).hexdigest() == FROZEN[release], (
        "a released schema never changes; see above"
    )


def test_every_release_is_frozen() -> None:
    assert sorted(FROZEN) == sorted(path.parent.name for path in FOLDER.glob("*/benchmark.json"))


def test_a_frozen_file_is_never_changed(tmp_path: Path) -> None:
    current, frozen = write_schema(Benchmark, tmp_path, freeze=True)
    assert current.read_text() == frozen.read_text() == schema_text(Benchmark)
    assert frozen.parent.name == RELEASE
    write_schema(Benchmark, tmp_path, freeze=True)
    frozen.write_text("old")
    with pytest.raises(UsageError, match="never changes"):
        write_schema(Benchmark, tmp_path, freeze=True)
    assert write_schema(Benchmark, tmp_path) == [current]
    assert frozen.read_text() == "old"


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_specs_fit(name: str) -> None:
    assert problems(plain(shipped("specs") / f"benchmarks/{name}.yaml")) == []
    assert problems(load(name).model_dump(mode="json")) == []


@pytest.mark.parametrize("path", sorted(BAD.glob("*.yaml")), ids=lambda path: path.stem)
def test_bad_examples_do_not_fit(path: Path) -> None:
    try:
        document, found = load_plain(path)
    except CtdspecError:
        return  # not YAML at all
    if found:
        return  # not plain YAML
    data = document.plain()
    assert bool(problems(data)) == (path.stem not in BEYOND)


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({"task": {"use": "tasks/x"}}, True),
        ({"task": {"use": "tasks/x", "bits": 2}}, True),
        ({"task": {"use": "tasks/x", "bits": 0}}, False),
        ({"task": {"use": "tasks/x", "bitts": 2}}, False),
        ({"task": {"use": "../x"}}, False),
        ({"observation": {"use": "a", "neurons": {"held_in": 1}}}, True),
        ({"observation": {"use": "a", "rates": {"gain": 1.0}}}, True),
        ({"observation": {"neurons": {"held_in": 1}}}, False),
        ({"data_models": [{"use": "data_models/x", "name": "mine"}]}, True),
        ({"data_models": [{"name": "mine"}]}, False),
        ({"trials": {"use": "counts"}}, True),
        ({"trials": 5}, False),
    ],
)
def test_use_fits_wherever_a_mapping_does(change: dict, fits: bool, base_text: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(base_text)
    assert (problems(plain(tmp_path / "x.yaml") | change) == []) is fits


def test_lists_that_override_are_complete() -> None:
    assert problems({"use": "benchmarks/x", "observation": {"neurons": {"held_in": 5}}}) == []
    assert problems({"use": "benchmarks/x", "data_models": [{"kind": "smoothing"}]}) != []


def test_no_component_takes_the_word_for_itself() -> None:
    for family in families():
        for cls in kinds(family).values():
            assert USE not in cls.model_fields
