"""Sweeps: one spec, many points, each a spec of its own."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Annotated, Any

from pydantic import Field

from ctdspec.spec.node import NAME, Node
from ctdspec.spec.placed import Gathering
from ctdspec.spec.point import ALONE, Point, PointError, at_point, brief, ensure_apart, holder

SEED = "seed"
"""The path whose values are repetitions of the same."""
MAX_POINTS = 10_000
MAX_LABEL = 64

Sweep = Annotated[
    dict[str, Annotated[list[Any], Field(min_length=1, max_length=MAX_POINTS)]], Field(min_length=1)
]
"""The values of every path that is swept; the points are all their combinations."""


def n_points(sweep: Mapping[str, Sequence[Any]]) -> int:
    """Give the number of points."""
    return math.prod(len(values) for values in sweep.values())


def grid(sweep: Mapping[str, Sequence[Any]], max_label: int = MAX_LABEL) -> Iterator[Point]:
    """Give every combination of values, the last path changing fastest, with labels that differ.

    Without a path there is one, without a label. A label is a number where it would be too long.
    """
    texts = {path: _texts(path, values, sweep) for path, values in sweep.items()}
    longest = sum(max(map(len, some)) + 2 for some in texts.values()) - 2
    choices = [
        list(zip(texts[path], value_names(values), values, strict=True)) for path, values in sweep.items()
    ]
    for number, chosen in enumerate(product(*choices)):
        label = "__".join(text for text, _, _ in chosen) if longest <= max_label else f"point_{number:05d}"
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
            ensure_path(plain, path, sweep, fixed)
        seen: set[str] = set()
        for number, text in enumerate(json.dumps(value, sort_keys=True) for value in values):
            with wrong.at(path, number):
                if text in seen:
                    raise ValueError(f"{brief(values[number])} is listed twice")
            seen.add(text)
    wrong.ensure_none()


def ensure_path(plain: Mapping[str, Any], path: str, others: Iterable[str], fixed: Sequence[str]) -> None:
    """Raise ValueError if a path leads nowhere in a spec, is among those `fixed`, or lies in another one."""
    ensure_apart(path, others)
    if (first := path.split(".")[0]) in fixed:
        raise ValueError(f"{first} is the same for every point and cannot be swept")
    holder(plain, path)


def ensure_points(
    base: Node,
    sweep: Mapping[str, Sequence[Any]],
    fixed: Sequence[str],
    points: Callable[[], Iterable[Node]],
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
        for _ in points():
            pass
    except PointError as error:
        first = error
    else:
        return
    wrong = Gathering()
    for path, values in sweep.items():
        for number, value in enumerate(values):
            with wrong.at(path, number):
                at_point(base, Point("", {path: value}), ALONE)
    wrong.ensure_none()
    raise first


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
