"""Searches: what each draw reached, which is the best, and the draws that depend on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ctdspec.benchmark import Benchmark
from ctdspec.engine.goal import val_co_bps
from ctdspec.engine.proposal import propose
from ctdspec.errors import UsageError
from ctdspec.spec.point import Point, PointError
from ctdspec.spec.search import Search
from ctdspec.store.layout import DatasetFolder


@dataclass(frozen=True)
class Tried:
    """A draw and what it gave.

    Attributes
    ----------
    names
        The number of the draw, and the value of every path, as tables have it.
    labels
        Its points: several if something is swept beside the search.
    value
        The mean of the goal over its points; None if one of them has none.
    """

    names: dict[str, Any]
    labels: list[str]
    value: float | None

    def as_dict(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return {**self.names, "value": self.value, "points": self.labels}


def tried(benchmark: Benchmark, search: Search, out: Path, first: int = 0) -> list[Tried]:
    """Give what the known draws of a search reached, from a number on; their points must have been fitted."""
    points: dict[int, list[tuple[Point, float | None]]] = {}
    for point, recording in zip(benchmark.named_points, benchmark.points, strict=True):
        if (point.draw or 0) < first:
            continue
        value = val_co_bps(DatasetFolder(out / recording.folder), search.goal.of)
        points.setdefault(point.draw or 0, []).append((point, value))
    return [_taken_together(benchmark, some) for some in points.values()]


def _taken_together(benchmark: Benchmark, points: Sequence[tuple[Point, float | None]]) -> Tried:
    known = [value for _, value in points if value is not None]
    mean = float(np.mean(known)) if len(known) == len(points) else None
    swept = set(benchmark.sweep or {})
    names = {path: name for path, name in points[0][0].names.items() if path not in swept}
    return Tried(names, [point.label for point, _ in points], mean)


def best(draws: Sequence[Tried]) -> int | None:
    """Give the number of the draw that reached most, the first of equals; None if none reached anything."""
    known = [(draw.value, -number) for number, draw in enumerate(draws) if draw.value is not None]
    return -max(known)[1] if known else None


def search_summary(search: Search, draws: Sequence[Tried]) -> dict[str, Any]:
    """Give what search.json has: the goal, every draw with what it reached, and the number of the best."""
    return {
        "goal": search.goal.model_dump(mode="json"),
        "best": best(draws),
        "draws": [draw.as_dict() for draw in draws],
    }


def with_proposal(benchmark: Benchmark, search: Search, values: Sequence[float | None]) -> Benchmark:
    """Give a benchmark with one more draw of its search, which is proposed from what the known ones reached.

    Raises
    ------
    UsageError
        If the proposed combination of values is not a valid spec.
    """
    draws = search.known(benchmark.seed)
    drawn = [*draws, propose(search, benchmark.seed, draws, values)]
    grown = benchmark.model_copy(update={"search": search.model_copy(update={"drawn": drawn})})
    try:
        for _ in grown.points:
            pass
    except PointError as error:
        raise UsageError(
            f"{benchmark.name}: {error}; narrow what is searched, so that every combination is valid"
        ) from None
    return grown
