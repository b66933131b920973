"""YAML text becomes the data that other readers of the core schema find in it, at the right places."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctdspec.spec.located import Source, dotted
from ctdspec.spec.parse import MAX_DEPTH, MAX_NODES, parse
from ctdspec.spec.problem import SpecError
from ctdspec.spec.scalar import resolve_plain


def read(text: str):
    document, problems = parse(Source("x.yaml", text))
    assert problems == []
    return document


# Rows of YAML 1.2.2, example 10.9 and section 10.3.2, and the traps of YAML 1.1.
@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[(text, None) for text in ("null", "Null", "NULL", "~", "")],
        *[(text, True) for text in ("true", "True", "TRUE")],
        *[(text, False) for text in ("false", "False", "FALSE")],
        *[("0o7", 7), ("0x3A", 58), ("-19", -19), ("+12", 12), ("0", 0), ("010", 10)],
        *[
            ("0.", 0.0),
            ("-0.0", -0.0),
            (".5", 0.5),
            ("+12e03", 12000.0),
            ("-2E+05", -200000.0),
            ("1e-3", 0.001),
        ],
        *[(".inf", math.inf), ("-.Inf", -math.inf), ("+.INF", math.inf)],
        *[
            (text, text)
            for text in ("no", "yes", "on", "off", "y", "1_000", "0b1", "12:30", "2001-01-01", "nULL")
        ],
        *[(text, text) for text in ("1e", ".", "-", "0x", "0o8", "inf", "nan", "٣")],
    ],
)
def test_core_schema(text: str, value: object) -> None:
    found = resolve_plain(text)
    assert found == value
    assert type(found) is type(value)


def test_not_a_number() -> None:
    assert math.isnan(resolve_plain(".nan"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["18446744073709551616", "-9223372036854775809", "1" * 5000, "0x" + "f" * 17, "1e400"]
)
def test_giant_numbers_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="too large"):
        resolve_plain(text)


PRINTABLE = st.characters(
    codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029\ufeff\uffff\ufffe"
)
TEXT = st.text(PRINTABLE)
DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(DATA, st.sampled_from([None, 2]))
def test_json_reads_as_json(data: object, indent: int | None) -> None:
    # JSON is a subset of YAML 1.2, so that the json module is an independent judge.
    text = json.dumps(data, indent=indent, ensure_ascii=True)
    if "\\u" in text:  # YAML has no surrogate pairs
        text = json.dumps(data, indent=indent, ensure_ascii=False)
    assert parse(Source("x.yaml", text))[0].plain() == json.loads(text)


def test_places() -> None:
    document = read("a:\n  - {b: x,\n     c: 'y'}\n")
    leaf = document.along(("a", 0, "c"))[-1]
    assert (leaf.key.line, leaf.key.column) == (3, 6)
    assert (leaf.place.line, leaf.place.column) == (3, 9)
    assert leaf.value == "y"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_byte_order_mark(end: str) -> None:
    document = read(end.join(["a: 1", "b: 2", "c:", "  - x"]))
    assert document.plain() == {"a": 1, "b": 2, "c": ["x"]}
    assert document.along(["b"])[-1].place.line == 2


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 30_000,
        "- " * 50_000,
        "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
        "? " * 1000,
    ],
)
def test_depth_is_bounded(text: str) -> None:
    with pytest.raises(SpecError, match=f"nested deeper than {MAX_DEPTH}"):
        parse(Source("x.yaml", text))


def test_number_of_values_is_bounded() -> None:
    with pytest.raises(SpecError, match=f"more than {MAX_NODES} values"):
        parse(Source("x.yaml", "[" + "a," * MAX_NODES + "]"))


def test_way_is_written_as_people_do() -> None:
    assert dotted(("data_models", 1, "kind")) == "data_models[1].kind"
    assert dotted(("a b", 0)) == "['a b'][0]"
    assert "\x1b" not in dotted(("\x1b[31m",))
