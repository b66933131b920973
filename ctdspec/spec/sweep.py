"""Sweeps: one spec, many points, each a spec of its own."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError

from ctdspec.spec.explain import explain
from ctdspec.spec.located import Located, Place, Source
from ctdspec.spec.node import NAME, Node
from ctdspec.spec.placed import Gathering
from ctdspec.spec.problem import Problem, did_you_mean, quoted

SEED = "seed"
"""The path whose values are repetitions of the same."""
MAX_POINTS = 10_000
MAX_LABEL = 64

N = TypeVar("N", bound=Node)
Sweep = Annotated[
    dict[str, Annotated[list[Any], Field(min_length=1, max_length=MAX_POINTS)]], Field(min_length=1)
]
"""The values of every path that is swept; the points are all their combinations."""


@dataclass(frozen=True)
class Point:
    """One combination of values."""

    label: str
    """What its folder is called: ``units_8__seed_0``."""
    values: Mapping[str, Any]
    """The value of every path."""
    names: Mapping[str, Any] = field(default_factory=dict)
    """The same, but for mappings: they go by their `name`, or else their `kind`, or else their number."""

    def __str__(self) -> str:
        return ", ".join(f"{path} = {_brief(value)}" for path, value in self.values.items())


class PointError(ValueError):
    """A point is not a valid spec; the problems are those of the spec that it would be."""

    def __init__(self, point: Point, problems: Sequence[Problem]) -> None:
        self.problems = problems
        super().__init__(f"the point {point} is not valid: {'; '.join(map(_in_line, problems))}")


def n_points(sweep: Mapping[str, Sequence[Any]]) -> int:
    """Give the number of points."""
    return math.prod(len(values) for values in sweep.values())


def grid(sweep: Mapping[str, Sequence[Any]]) -> Iterator[Point]:
    """Give every combination of values, the last path changing fastest, with labels that differ."""
    texts = {path: _texts(path, values, sweep) for path, values in sweep.items()}
    longest = sum(max(map(len, some)) + 2 for some in texts.values()) - 2
    choices = [
        list(zip(texts[path], value_names(values), values, strict=True)) for path, values in sweep.items()
    ]
    for number, chosen in enumerate(product(*choices)):
        label = "__".join(text for text, _, _ in chosen) if longest <= MAX_LABEL else f"point_{number:05d}"
        names, values = ([choice[place] for choice in chosen] for place in (1, 2))
        yield Point(label, dict(zip(sweep, values, strict=True)), dict(zip(sweep, names, strict=True)))


def value_names(values: Sequence[Any]) -> list[Any]:
    """Give the values of a path with mappings replaced by what `Point.names` calls them."""
    mappings = [_plain(value) for value in values if isinstance(value, dict)]
    differ = len(set(mappings)) == len(mappings)
    return [
        (_plain(value) if differ else str(number)) if isinstance(value, dict) else value
        for number, value in enumerate(values)
    ]


def ensure_grid(base: Node, sweep: Mapping[str, Sequence[Any]], fixed: Sequence[str]) -> None:
    """Check that every path can be swept in a spec, without looking at the points.

    Raises
    ------
    ValueError
        If there are more than `MAX_POINTS`.
    PlacedErrors
        If a path leads nowhere, is among those that are `fixed`, or lies in another; if a value is listed
        twice.
    """
    if (count := n_points(sweep)) > MAX_POINTS:
        raise ValueError(f"the grid has {count} points; the most is {MAX_POINTS}")
    plain = base.model_dump(mode="json", exclude_none=True)
    wrong = Gathering()
    for path, values in sweep.items():
        with wrong.at(path):
            _ensure_apart(path, sweep)
            if path.split(".")[0] in fixed:
                raise ValueError(f"{path.split('.')[0]} is the same for every point and cannot be swept")
            _holder(plain, path)
        seen: set[str] = set()
        for number, text in enumerate(json.dumps(value, sort_keys=True) for value in values):
            with wrong.at(path, number):
                if text in seen:
                    raise ValueError(f"{_brief(values[number])} is listed twice")
            seen.add(text)
    wrong.ensure_none()


def ensure_points(
    base: Node, sweep: Mapping[str, Sequence[Any]], fixed: Sequence[str], points: Iterable[Node]
) -> None:
    """Check that a sweep is a grid over a spec (`ensure_grid`) and that all its points are valid.

    Parameters
    ----------
    points
        Gives the points' specs, and raises PointError at the first that is not valid.

    Raises
    ------
    PlacedErrors
        With what `ensure_grid` finds or else, for each value that is not valid on its own either, with the
        first point that has it, and for a combination of valid values, with the first of these points.
    """
    ensure_grid(base, sweep, fixed)
    try:
        for _ in points:
            pass
    except PointError as error:
        first = error
    else:
        return
    wrong = Gathering()
    for path, values in sweep.items():
        for number, value in enumerate(values):
            with wrong.at(path, number):
                at_point(base, Point("", {path: value}), {"sweep": None, "claims": None})
    wrong.ensure_none()
    raise first


def at_point(base: N, point: Point, changes: Mapping[str, Any]) -> N:
    """Give the spec of a point: the base with the point's values, and with other fields changed.

    Parts that no path leads into are taken from the base as they are, so that thousands of points are cheap.

    Raises
    ------
    PointError
        If it is not valid.
    """
    data: dict[str, Any] = {name: getattr(base, name) for name in type(base).model_fields}
    for name in {path.split(".")[0] for path in point.values}:
        part = data[name]
        data[name] = base.model_dump(mode="json", exclude_none=True, include={name}).get(name, part)
    for path, value in point.values.items():
        holder, key = _holder(data, path)
        holder[key] = value
    try:
        return type(base).model_validate({**data, **changes})
    except ValidationError:
        return _from_json(base, point, changes)


def _from_json(base: N, point: Point, changes: Mapping[str, Any]) -> N:
    """Give the spec of a point by way of text, which says what is wrong in the terms of a spec."""
    plain = base.model_dump(mode="json", exclude_none=True)
    for path, value in point.values.items():
        holder, key = _holder(plain, path)
        holder[key] = value
    for name, value in changes.items():
        plain[name] = [item.model_dump(mode="json") for item in value] if isinstance(value, list) else value
    try:
        return type(base).model_validate_json(json.dumps(plain))
    except ValidationError as error:
        nowhere = Located(None, Place(Source("", ""), 1, 1)).relocated(plain)
        raise PointError(point, explain(error, nowhere, type(base))) from None


def _holder(data: Any, path: str) -> tuple[Any, Any]:
    """Give the mapping or list that holds the value at a path, and its key there.

    Items of a list are addressed by their name. ValueError if the path leads nowhere.
    """
    steps = path.split(".")
    for depth, step in enumerate(steps):
        above = ".".join(steps[:depth])
        key = _key(data, step, above)
        if depth == len(steps) - 1:
            return data, key
        if isinstance(data, dict) and key not in data:
            raise ValueError(_nowhere(step, above, data))
        data = data[key]
    raise ValueError("a path has at least one step")


def _key(data: Any, step: str, above: str) -> str | int:
    match data:
        case dict():
            return step
        case list():
            names = [item.get("name") if isinstance(item, dict) else None for item in data]
            if step in names:
                return names.index(step)
            raise ValueError(_nowhere(step, above, [name for name in names if name]))
    raise ValueError(f"{above} is {quoted(data)}, in which there is no {quoted(step)}")


def _nowhere(step: str, above: str, known: Any) -> str:
    hint = (
        did_you_mean(step, known) or f"there are {', '.join(known)}" if known else "nothing in it has a name"
    )
    return f"there is no {quoted(step)} in {above or 'the spec'}; {hint}"


def _ensure_apart(path: str, sweep: Mapping[str, Any]) -> None:
    for other in sweep:
        if path.startswith(f"{other}."):
            raise ValueError(f"it lies in {other}, which is swept too; sweep one of them")


def _texts(path: str, values: Sequence[Any], sweep: Mapping[str, Any]) -> list[str]:
    """Give a short text for each value of a path, for labels."""
    name = _short(path, sweep)
    texts = [f"{name}_{_plain(value)}" for value in values]
    fine = len(set(texts)) == len(texts) and all(NAME.fullmatch(text) for text in texts)
    return texts if fine else [f"{name}_{number}" for number in range(len(values))]


def _short(path: str, sweep: Mapping[str, Any]) -> str:
    """Give the last steps of a path, as many as it takes to tell it from the others."""
    steps = path.split(".")
    for n in range(1, len(steps) + 1):
        end = "." + ".".join(steps[-n:])
        if sum(f".{other}".endswith(end) for other in sweep) == 1:
            return _safe(end)
    return _safe(path)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return _safe(str(value.get("name") or value.get("kind", "")))
    if isinstance(value, list):
        return _safe("_".join(map(str, value)))
    if isinstance(value, float | int):
        return str(value).lower().replace("-", "m").replace("+", "").replace(".", "p")
    return _safe(str(value))


def _safe(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _brief(value: Any) -> str:
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
