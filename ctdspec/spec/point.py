"""One point of a sweep or a search: values at paths of a spec, and the spec that they make."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from ctdspec.spec.explain import explain
from ctdspec.spec.located import Located, Place, Source
from ctdspec.spec.node import Node
from ctdspec.spec.problem import Problem, did_you_mean, quoted

N = TypeVar("N", bound=Node)

ALONE = {"sweep": None, "search": None, "claims": None}
"""Changes that make of a point a spec of which there is one."""


@dataclass(frozen=True)
class Point:
    """One combination of values."""

    label: str
    """What its folder is called: ``units_8__seed_0``."""
    values: Mapping[str, Any]
    """The value of every path."""
    names: Mapping[str, Any] = field(default_factory=dict)
    """What tells it in tables: the same, but mappings go by their `name`, or else their `kind`, or else their
    number; and, of a point of a search, the number of its draw."""
    draw: int | None = None
    """Number of its draw, of a point of a search."""

    def __str__(self) -> str:
        return ", ".join(f"{path} = {brief(value)}" for path, value in self.values.items())


class PointError(ValueError):
    """A point is not a valid spec; the problems are those of the spec that it would be."""

    def __init__(self, point: Point, problems: Sequence[Problem]) -> None:
        self.problems = problems
        super().__init__(f"the point {point} is not valid: {'; '.join(map(_in_line, problems))}")


def at_point(base: N, point: Point, changes: Mapping[str, Any]) -> N:
    """Give the spec of a point: the base with the point's values, and with other fields changed.

    Nodes that no path leads into are those of the base, so that thousands of points are cheap.

    Raises
    ------
    PointError
        If it is not valid.
    """
    data = _opened(base)
    for path, value in point.values.items():
        within, key = holder(data, path)
        within[key] = value
    try:
        return type(base).model_validate({**data, **changes})
    except ValidationError:
        return _from_json(base, point, changes)


def _from_json(base: N, point: Point, changes: Mapping[str, Any]) -> N:
    """Give the spec of a point by way of text, which says what is wrong in the terms of a spec."""
    plain = base.model_dump(mode="json", exclude_none=True)
    for path, value in point.values.items():
        within, key = holder(plain, path)
        within[key] = value
    for name, value in changes.items():
        plain[name] = [item.model_dump(mode="json") for item in value] if isinstance(value, list) else value
    try:
        return type(base).model_validate_json(json.dumps(plain))
    except ValidationError as error:
        nowhere = Located(None, Place(Source("", ""), 1, 1)).relocated(plain)
        raise PointError(point, explain(error, nowhere, type(base))) from None


def holder(data: Any, path: str) -> tuple[Any, Any]:
    """Give the mapping or list that holds the value at a path, and its key there.

    Items of a list are addressed by their name. What lies on the way is replaced by copies that can be
    changed, nodes by mappings. ValueError if the path leads nowhere.
    """
    steps = path.split(".")
    for depth, step in enumerate(steps):
        above = ".".join(steps[:depth])
        key = _key(data, step, above)
        if depth == len(steps) - 1:
            return data, key
        if isinstance(data, dict) and key not in data:
            raise ValueError(_nowhere(step, above, data))
        data[key] = _opened(data[key])
        data = data[key]
    raise ValueError("a path has at least one step")


def _opened(value: Any) -> Any:
    """Give a shallow copy that can be changed: of a node, the mapping of what it says."""
    match value:
        case Node():
            return {name: child for name, child in value if child is not None}
        case dict() | list():
            return value.copy()
    return value


def _key(data: Any, step: str, above: str) -> str | int:
    match data:
        case dict():
            return step
        case list():
            names = [_name(item) for item in data]
            if step in names:
                return names.index(step)
            raise ValueError(_nowhere(step, above, [name for name in names if name]))
    raise ValueError(f"{above} is {quoted(data)}, in which there is no {quoted(step)}")


def _name(item: Any) -> Any:
    return item.get("name") if isinstance(item, dict) else getattr(item, "name", None)


def _nowhere(step: str, above: str, known: Any) -> str:
    hint = (
        did_you_mean(step, known) or f"there are {', '.join(known)}" if known else "nothing in it has a name"
    )
    return f"there is no {quoted(step)} in {above or 'the spec'}; {hint}"


def ensure_apart(path: str, others: Iterable[str]) -> None:
    """Raise ValueError if a path lies in another one."""
    for other in others:
        if path.startswith(f"{other}."):
            raise ValueError(f"it lies in {other}, which is swept too; sweep one of them")


def brief(value: Any) -> str:
    """Give a value as a short text."""
    if isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= 60 else text[:59] + "…"
    return str(value) if isinstance(value, str) else quoted(value)


def _in_line(problem: Problem) -> str:
    """Say a problem in one line."""
    found = f" (found {problem.found})" if problem.found else ""
    allowed = f", allowed: {problem.allowed}" if problem.allowed else ""
    hint = f"; {problem.hint}" if problem.hint else ""
    return f"{problem.path}: {problem.message}{found}{allowed}{hint}".removeprefix(": ")
