"""Whether claims make sense in a benchmark, before anything is run."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ctdspec.claims.claim import TRUTH, Claim
from ctdspec.claims.repetition import repetitions
from ctdspec.metrics.catalogue import METRICS
from ctdspec.spec.explain import unknown_name
from ctdspec.spec.placed import Gathering, at


@dataclass(frozen=True)
class Scope:
    """What claims may speak of.

    Attributes
    ----------
    metrics
        Ids that the benchmark scores.
    rows
        Data models and reference rows.
    facts
        Names of the facts that are computed of the true system.
    sweep
        The values of every path that is swept.
    """

    metrics: Sequence[str]
    rows: Sequence[str]
    facts: Collection[str]
    sweep: Mapping[str, Sequence[Any]]


def ensure_sense(claims: Sequence[Claim], scope: Scope) -> None:
    """Raise PlacedErrors with every claim that speaks of what there is not."""
    wrong = Gathering()
    for number, claim in enumerate(claims):
        with wrong.at(number, "metric"):
            _ensure_metric(claim, scope)
        for keys, name in _named(claim):
            with wrong.at(number, *keys):
                if name not in scope.rows:
                    raise unknown_name("data model or reference row", name, dict.fromkeys(scope.rows))
        with wrong.at(number):
            _ensure_swept(claim, scope.sweep)
    wrong.ensure_none()


def _ensure_metric(claim: Claim, scope: Scope) -> None:
    if claim.of == TRUTH:
        if not scope.facts:
            raise ValueError(
                f"{claim.metric} of truth is a fact, and this benchmark computes none; declare `analysis`"
            )
        if claim.metric not in scope.facts:
            raise unknown_name("fact", claim.metric, dict.fromkeys(sorted(scope.facts)))
    elif claim.metric not in scope.metrics:
        if claim.metric in METRICS:
            raise ValueError(f"{claim.metric} is not scored here; add it to `metrics`")
        raise unknown_name("metric", claim.metric, dict.fromkeys(scope.metrics))


def _named(claim: Claim) -> list[tuple[tuple[str | int, ...], str]]:
    """Give every row that a claim names, and where."""
    if claim.order is not None:
        return [(("order", place), name) for place, name in enumerate(claim.order)]
    keys = ("of", "above", "below")
    named = [((key,), name) for key in keys if (name := getattr(claim, key)) and name != TRUTH]
    return [*named]


def _ensure_swept(claim: Claim, sweep: Mapping[str, Sequence[Any]]) -> None:
    if claim.along is not None:
        with at(claim.relation):
            _ensure_ordered(claim.along, sweep)
    if claim.holds_in is not None:
        with at("holds_in"):
            if claim.along is not None:
                raise ValueError("a trend is judged with all seeds together; leave holds_in out")
            if not any(len(sweep[path]) > 1 for path in repetitions(sweep)):
                raise ValueError(
                    "a share of seeds needs several: list them under `sweep`, `seed: [0, 1, 2]`, or draws of"
                    " the system"
                )


def _ensure_ordered(path: str, sweep: Mapping[str, Sequence[Any]]) -> None:
    if not sweep:
        raise ValueError("a trend is along a path of a sweep, and this benchmark has no `sweep`")
    if path not in sweep:
        raise unknown_name("path of the sweep", path, sweep)
    if path in repetitions(sweep):
        raise ValueError("seeds repeat the same and have no order; a trend is along another path")
    values = sweep[path]
    if len(values) < 2:
        raise ValueError(f"a trend needs two values at least; {path} takes {', '.join(map(str, values))}")
