"""The points of a sweep as evidence: which belong together, and what claims say over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ctdspec.claims.claim import Claim
from ctdspec.claims.evidence import Evidence
from ctdspec.claims.judge import judge
from ctdspec.claims.judgement import Judgement
from ctdspec.claims.repetition import repetitions
from ctdspec.claims.share import judge_share
from ctdspec.claims.trend import judge_trend
from ctdspec.claims.verdict import Verdict, together

MOST_NAMED = 5
"""Points that a sentence names."""


@dataclass(frozen=True)
class SweptPoint:
    """A point of a sweep: its label, the value of each path (of a mapping, its name), and what it gave."""

    label: str
    values: Mapping[str, Any]
    evidence: Evidence


def judge_points(claims: Sequence[Claim], points: Sequence[SweptPoint]) -> list[Judgement]:
    """Judge claims over the points of a sweep.

    A claim about one dataset is judged in every point, and with the seeds of otherwise equal points taken
    together; a share of seeds, in each group of points that differ in their seed; a trend, along its path in
    each group of points that differ in this path and in their seed. What is said of seeds is said of draws of
    a system too.
    """
    return [judgement for claim in claims for judgement in _judge(claim, points)]


def _judge(claim: Claim, points: Sequence[SweptPoint]) -> list[Judgement]:
    seeds = repetitions(points[0].values) if points else []
    if claim.along is not None:
        path = claim.along
        return [judge_trend(claim, path, same, where) for where, same in groups(points, path, *seeds).items()]
    alike = groups(points, *seeds)
    if claim.holds_in is not None:
        return [judge_share(claim, claim.holds_in, same, where) for where, same in alike.items()]
    over_seeds = [
        judge(claim, [point.evidence for point in same], where or "all seeds together")
        for where, same in alike.items()
        if len(same) > 1
    ]
    return [_everywhere(claim, points), *over_seeds]


def groups(points: Sequence[SweptPoint], *free: str) -> dict[str, list[SweptPoint]]:
    """Group points that differ only in the paths that are `free`, by what is the same for them, in words."""
    found: dict[str, list[SweptPoint]] = {}
    for point in points:
        same = ", ".join(f"{path} = {value}" for path, value in point.values.items() if path not in free)
        found.setdefault(same, []).append(point)
    return found


def _everywhere(claim: Claim, points: Sequence[SweptPoint]) -> Judgement:
    """Say in how many of the points a claim holds, and where it fails."""
    verdicts: dict[str, Verdict] = {point.label: judge(claim, [point.evidence]).verdict for point in points}
    parts = []
    for verdict in ("holds", "fails", "undecided"):
        labels = [label for label, found in verdicts.items() if found == verdict]
        named = f" ({', '.join(labels[:MOST_NAMED])}{', …' if len(labels) > MOST_NAMED else ''})"
        if labels:
            parts.append(f"{verdict} in {len(labels)}{named if verdict != 'holds' else ''}")
    why = f"of {len(points)} points, it {', '.join(parts)}"
    return Judgement.of(claim, together(verdicts.values()), why, where="every point")
