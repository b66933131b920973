"""Claims that a value rises or falls along a path of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ctdspec.claims.check import Check
from ctdspec.claims.claim import Claim
from ctdspec.claims.evidence import NotKnown
from ctdspec.claims.judge import combined, mean_over_seeds
from ctdspec.claims.judgement import Found, Judgement
from ctdspec.claims.repetition import repetitions
from ctdspec.claims.verdict import Target, together
from ctdspec.metrics.bootstrap import COVERAGE, Estimate
from ctdspec.metrics.comparison import compare, holm

if TYPE_CHECKING:
    from ctdspec.claims.points import SweptPoint


def judge_trend(claim: Claim, path: str, points: Sequence[SweptPoint], where: str = "") -> Judgement:
    """Judge whether a score rises (or falls) along a path, in points that differ in it and in their seed.

    Two things are asked. The trend, the sum of the scores weighted by the centred ranks of the path's values,
    must surely have the sign that is claimed. None of the steps between neighbours may surely go the other
    way: with p < 0.05 after Holm's correction over the steps and, with several seeds, over these too. Steps
    that are not sure prevent nothing. A claim with a margin, `by`, asks for a third: from its one end to the
    other, the score must surely change by as much.

    Values that are no numbers follow each other as the points do.
    """
    try:
        series = _series(claim, path, points)
    except NotKnown as reason:
        return Judgement.of(claim, "undecided", str(reason), where=where)
    values = _ascending([point.values[path] for point in points])
    what = f"trend of {claim.metric} of {claim.of} over {len(values)} values"
    target = Target(low=0, is_open=True) if claim.increasing_along else Target(high=0, is_open=True)
    trend = combined([Check(what, _contrast(estimates), target) for estimates in series])
    reversed_steps = _reversed_steps(series, values, replace(target, is_open=False))
    asked = (trend, *([_change(claim, series, values)] if claim.by else []))
    verdict = together([*(part.verdict for part in asked), *("fails" for _ in reversed_steps)])
    why = "; ".join([*map(str, asked), *(f"yet {step.what} is {step.value:.3g}" for step in reversed_steps)])
    return Judgement.of(claim, verdict, why, (*asked, *reversed_steps), where)


def _change(claim: Claim, series: Sequence[Sequence[Estimate]], values: Sequence[Any]) -> Found:
    """Give how much the score changes, as it is claimed to, from the one end of the path to the other."""
    ends = [(same[-1], same[0]) if claim.increasing_along else (same[0], same[-1]) for same in series]
    what = f"{'rise' if claim.increasing_along else 'fall'} from {_text(values[0])} to {_text(values[-1])}"
    target = Target(low=claim.by or 0)
    return combined([Check(what, compare(*pair).difference, target) for pair in ends])


def _ascending(values: Sequence[Any]) -> list[Any]:
    """Give the different values: numbers ascending, others in the order in which they come."""
    different = list(dict.fromkeys(values))
    return sorted(different) if all(isinstance(value, int | float) for value in different) else different


def _series(claim: Claim, path: str, points: Sequence[SweptPoint]) -> list[list[Estimate]]:
    """Give the estimates (seed, value of the path), values ascending."""
    ascending = _ascending([point.values[path] for point in points])
    by_seed: dict[object, list[SweptPoint]] = {}
    for point in points:
        seed = tuple(point.values[path] for path in repetitions(point.values))
        by_seed.setdefault(seed, []).append(point)
    return [
        [
            point.evidence.estimate(claim.metric, claim.of or "")
            for point in sorted(same, key=lambda point: ascending.index(point.values[path]))
        ]
        for same in by_seed.values()
    ]


def _contrast(series: Sequence[Estimate]) -> Estimate:
    """Give the sum of the scores weighted by their centred ranks: positive if they rise."""
    ranks = np.arange(len(series)) - (len(series) - 1) / 2
    resamples = [found.resamples for found in series if found.resamples is not None]
    return Estimate.from_resamples(
        np.concatenate([[ranks @ [found.value for found in series]], ranks @ np.stack(resamples)])
    )


def _reversed_steps(
    series: Sequence[Sequence[Estimate]], values: Sequence[Any], target: Target
) -> list[Found]:
    """Give the steps that surely go against the claim, over test trials and, with several, over seeds."""
    means = [mean_over_seeds(same) for same in zip(*series, strict=True)]
    p_values = holm([compare(after, before).p for before, after in pairwise(means)])
    found = []
    for number, (low, high) in enumerate(pairwise(values)):
        what = f"the step from {_text(low)} to {_text(high)}"
        steps = [compare(same[number + 1], same[number]).difference for same in series]
        step = combined([Check(what, difference, target) for difference in steps])
        if step.verdict == "fails" and p_values[number] < 1 - COVERAGE:
            found.append(step)
    return found


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)
