"""Searches: settings that are drawn, tried, and chosen by how well they do on validation trials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ctdspec.seeds import stream
from ctdspec.spec.distribution import Distribution
from ctdspec.spec.node import Name, Node
from ctdspec.spec.placed import Gathering, at
from ctdspec.spec.point import ALONE, Point, at_point
from ctdspec.spec.sweep import MAX_LABEL, MAX_POINTS, ensure_path, grid, n_points, value_names

DRAW = "draw"
"""Column with the number of the draw."""
SEARCHED = "data_models"
"""The only part of a spec that a search is about."""

Draw = Mapping[str, Any]
"""The value of every searched path."""


class Goal(Node):
    """What makes one draw better than another. It never asks for the truth, nor for the test trials."""

    metric: Literal["val_co_bps"]
    """`val_co_bps`: bits per spike of the held-out neurons on the validation trials; higher is better."""
    of: Name
    """The data model whose value is meant."""


class Search(Node):
    """Settings that are drawn at random, or proposed from what earlier ones gave, and the best of them."""

    kind: Literal["random", "optuna"]
    """`random`: all draws are independent. `optuna`: the later ones are proposed by its sampler of trees of
    Parzen estimators, one after the other."""
    draws: int = Field(ge=1, le=MAX_POINTS)
    """How many settings are tried. With more, the first ones stay the same."""
    at_random: int | None = Field(default=None, ge=1)
    """With `optuna`: how many of the draws are independent, before the first proposal."""
    over: Annotated[dict[str, Distribution], Field(min_length=1)]
    """From where the values of each path are drawn."""
    goal: Goal
    """What the best draw is best at, in the mean over the points of a sweep beside the search."""
    drawn: list[dict[str, Any]] | None = None
    """The values of every path in every draw so far; written by a run, left out by people."""

    @model_validator(mode="after")
    def _ensure_kind_has_its_key(self) -> Search:
        with at("at_random"):
            if self.kind == "random" and self.at_random is not None:
                raise ValueError("every draw of a random search is at random; leave the key out")
            if self.kind == "optuna" and self.at_random is None:
                raise ValueError("the key is missing: how many draws come before the first proposal?")
        return self

    @model_validator(mode="after")
    def _ensure_data_stay_the_same(self) -> Search:
        for path in self.over:
            with at("over", path):
                if not path.startswith(f"{SEARCHED}."):
                    raise ValueError(
                        "only settings of data models are searched, for values are compared on the same data;"
                        " put what makes the data under `sweep`"
                    )
        return self

    @model_validator(mode="after")
    def _ensure_drawn_are_of_this_search(self) -> Search:
        with at("drawn"):
            if any(draw.keys() != self.over.keys() for draw in self.drawn or ()):
                raise ValueError("a draw has other paths than `over`; leave `drawn` out, and run again")
            if len(self.drawn or ()) > self.draws:
                raise ValueError(f"there are more than {self.draws} draws; leave `drawn` out, and run again")
        return self

    def known(self, seed: int) -> Sequence[Draw]:
        """Give the draws that are known by now: those `drawn`, or else those at random.

        The value of a path depends on the seed, the path and the number of the draw alone: more draws, or
        more paths, change none.
        """
        if self.drawn is not None:
            return self.drawn
        n_random = min(self.draws, self.at_random or self.draws)
        return [self._at_random(seed, number) for number in range(n_random)]

    def is_open(self, seed: int) -> bool:
        """Whether there are draws that wait for what the known ones reach."""
        return len(self.known(seed)) < self.draws

    def _at_random(self, seed: int, number: int) -> Draw:
        return {
            path: law.quantile(float(stream(seed, f"search/{path}", number).random()))
            for path, law in self.over.items()
        }

    def points(self, seed: int, sweep: Mapping[str, Sequence[Any]]) -> Iterator[Point]:
        """Give every combination of the values of a sweep (`grid`), for each known draw in turn."""
        for number, draw in enumerate(self.known(seed)):
            label, names = f"draw_{number:04d}", {DRAW: number, **self._names(draw)}
            for point in grid(sweep, MAX_LABEL - len(f"{label}__")):
                joined = "__".join(filter(None, (label, point.label)))
                yield Point(joined, {**draw, **point.values}, {**names, **point.names}, number)

    def _names(self, draw: Draw) -> dict[str, Any]:
        names: dict[str, Any] = {}
        for path, law in self.over.items():
            choices = law.choices or [draw[path]]
            names[path] = value_names(choices)[choices.index(draw[path])]
        return names


def ensure_search(
    base: Node, search: Search, sweep: Mapping[str, Sequence[Any]], fixed: Sequence[str]
) -> None:
    """Check that every path can be searched in a spec, and that the ends of what is drawn are valid.

    Raises
    ------
    ValueError
        If there are more than `MAX_POINTS` points.
    PlacedErrors
        If a path leads nowhere, is among those that are `fixed` or swept, or lies in another; if an end, or a
        choice, is not valid on its own.
    """
    if (count := search.draws * n_points(sweep)) > MAX_POINTS:
        raise ValueError(f"the draws have {count} points; the most is {MAX_POINTS}")
    plain = base.model_dump(mode="json", exclude_none=True)
    wrong = Gathering()
    for path in search.over:
        with wrong.at("over", path):
            if path in sweep:
                raise ValueError("it is swept too; leave it out here or there")
            ensure_path(plain, path, [*sweep, *search.over], fixed)
    wrong.ensure_none()
    for path, law in search.over.items():
        for place, value in law.extremes.items():
            with wrong.at("over", path, law.law, place):
                at_point(base, Point("", {path: value}), ALONE)
    wrong.ensure_none()
