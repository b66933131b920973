"""Help texts are the docstrings below fields, also those of base classes."""

from __future__ import annotations

from typing import ClassVar

from ctdspec.spec.component import families, kinds
from ctdspec.spec.help_texts import help_texts
from ctdspec.spec.node import Node


class Base(Node):
    """Something."""

    width: int
    """How wide
    it is."""
    bare: int
    """A text that belongs to
        `bare`, with a second line."""


class Derived(Base):
    """Something more."""

    silent: int
    width: float
    """How wide, in metres."""
    not_a_field: ClassVar[int] = 3
    """A constant."""


def test_docstrings_are_found_and_inherited() -> None:
    texts = help_texts(Derived)
    assert texts["width"] == "How wide, in metres."
    assert texts["bare"].startswith("A text that belongs to\n")
    assert set(texts) == {"width", "bare"}


def test_base_keeps_its_own_text() -> None:
    assert help_texts(Base)["width"] == "How wide\nit is."


def test_json_schema_describes_fields() -> None:
    properties = Derived.model_json_schema()["properties"]
    assert properties["width"]["description"] == "How wide, in metres."
    assert "description" not in properties["silent"]


def test_every_field_of_every_kind_has_help() -> None:
    missing = [
        f"{family} {name}: {field}"
        for family in families()
        for name, cls in kinds(family).items()
        for field in cls.model_fields
        if field not in ("kind", *help_texts(cls))
    ]
    assert not missing
