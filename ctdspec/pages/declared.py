"""What a spec declares, in words and numbers for a reader."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from ctdspec.benchmark import Benchmark
from ctdspec.observation.observation import Observation
from ctdspec.spec.component import Component
from ctdspec.spec.help_texts import help_texts
from ctdspec.spec.slot import summary

_MOST_ITEMS = 8
_MOST_LETTERS = 120


@dataclass(frozen=True)
class Setting:
    """One value that a spec sets, and what it means."""

    name: str
    value: str
    help: str


@dataclass(frozen=True)
class Part:
    """A component that a spec declares: its role, its kind, one line on what it is, and its settings."""

    role: str
    kind: str
    summary: str
    settings: tuple[Setting, ...]


def declared_parts(benchmark: Benchmark) -> list[Part]:
    """Give every component of a benchmark, each followed by the components inside it."""
    parts = [*_parts("task", benchmark.task), *_parts("system", benchmark.system)]
    parts += _of_observation(benchmark.observation)
    for method in benchmark.data_models:
        parts += _parts("data model", method)
    return parts


def _parts(role: str, component: Component) -> Iterator[Part]:
    about = summary(type(component)).replace("`", "")
    yield Part(role, component.kind, about, tuple(_settings(component, "")))
    yield from _of_fields(role, component)


def _of_observation(observation: Observation) -> Iterator[Part]:
    """Give what is declared about an observation: nodes that are no components are parts here, too."""
    for name, value in observation:
        for node in value if isinstance(value, list) else [value]:
            role = f"observation: {name.removesuffix('s') if isinstance(value, list) else name}"
            if isinstance(node, Component):
                yield from _parts(role, node)
            elif node is not None:
                yield Part(role, "", summary(type(node)), tuple(_settings(node, "")))
                yield from _of_fields(role, node)


def _of_fields(role: str, node: BaseModel) -> Iterator[Part]:
    for name, value in node:
        if isinstance(value, Component):
            yield from _parts(f"{role}: {name}", value)


def _settings(node: BaseModel, prefix: str) -> Iterator[Setting]:
    """Give the plain values of a node and of the plain nodes inside it."""
    help_of = help_texts(type(node))
    for name, value in node:
        several = isinstance(value, list) and value and isinstance(value[0], BaseModel)
        if several:
            for number, item in enumerate(value):
                yield from _settings(item, f"{prefix}{name}[{number}].")
        elif isinstance(value, BaseModel) and not isinstance(value, Component):
            yield from _settings(value, f"{prefix}{name}.")
        elif not isinstance(value, Component) and name != "kind" and value is not None:
            yield Setting(prefix + name, value_text(value), help_of.get(name, ""))


def value_text(value: Any) -> str:
    """Give a plain value as a reader wants it: four digits, and not all of what is long."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        more = f", … ({len(value)} in all)" if len(value) > _MOST_ITEMS else ""
        return ", ".join(map(value_text, value[:_MOST_ITEMS])) + more
    return f"{value:.4g}" if isinstance(value, float) else textwrap.shorten(str(value), _MOST_LETTERS)
