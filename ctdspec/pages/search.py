"""The part of a sweep's page that shows a search: what was drawn, what it reached, which is the best."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctdspec.errors import DatasetError
from ctdspec.pages.figures.tried import draw_tried
from ctdspec.pages.picture import Picture
from ctdspec.spec.distribution import Distribution
from ctdspec.spec.search import DRAW, Search

MOST_DRAWS = 50
"""Draws that the page lists, from the best on."""


@dataclass(frozen=True)
class ShownSearch:
    """What a page shows of a search.

    Attributes
    ----------
    search
        What was declared.
    laws
        What is drawn, in words, for each path.
    draws
        Those that are listed: the entries of search.json, the best first.
    best
        Number of the best draw; None if no draw reached anything.
    pictures
        What was reached against each path that takes numbers.
    """

    search: Search
    laws: Mapping[str, str]
    draws: Sequence[Mapping[str, Any]]
    best: int | None
    pictures: Sequence[Picture]


def read_search(path: Path, search: Search) -> ShownSearch:
    """Read what the draws of a search reached, and draw it; DatasetError if the file is not as written."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        draws, best = found["draws"], found["best"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise DatasetError(f"{path}: the search cannot be read ({error}); run the benchmark again") from None
    known = [draw for draw in draws if draw["value"] is not None]
    shown = sorted(draws, key=lambda draw: (draw["value"] is None, -(draw["value"] or 0)))[:MOST_DRAWS]
    laws = {path: _in_words(law) for path, law in search.over.items()}
    return ShownSearch(search, laws, shown, best, list(_pictures(search, known, best)))


def _in_words(law: Distribution) -> str:
    values = getattr(law, law.law)
    if law.law == "choices":
        return "one of " + ", ".join(json.dumps(value, ensure_ascii=False) for value in values)
    kind = {"uniform": "a number", "log_uniform": "a number (log-uniform)", "integers": "a whole number"}
    return f"{kind[law.law]} from {values[0]:g} to {values[1]:g}"


def _pictures(search: Search, draws: Sequence[Mapping[str, Any]], best: int | None) -> Iterator[Picture]:
    goal = f"{search.goal.metric} of {search.goal.of}"
    for path, law in search.over.items():
        places, values = [draw[path] for draw in draws], [draw["value"] for draw in draws]
        if len(draws) < 2 or any(isinstance(place, bool | str | list | None) for place in places):
            continue
        number = next(number for number, draw in enumerate(draws) if draw[DRAW] == best)
        yield Picture.of(
            draw_tried(places, values, number, (path, goal), law.log_uniform is not None),
            title=f"What was drawn for {path}",
            alt=f"{goal} against {path} in {len(draws)} draws: the most, {values[number]:.4g}, at"
            f" {places[number]:g}; the least, {min(values):.4g}, at {places[values.index(min(values))]:g}.",
            caption="A dot for each draw; on a ring, the best. Other paths differ from dot to dot.",
        )
