"""The pictures of a leaderboard, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.comparison import Comparison
from ctdspec.pages.figures.differences import draw_differences
from ctdspec.pages.figures.profile import Profile, draw_profiles
from ctdspec.pages.figures.scores import draw_scores
from ctdspec.pages.leaderboard.table import way
from ctdspec.pages.picture import Picture
from ctdspec.pages.score_table import score_text
from ctdspec.pages.style import MUTED, TRUTH, Pen
from ctdspec.results.board import Board, Standing
from ctdspec.results.groups import LEVEL

_OTHERS = Pen(MUTED, "solid")
_OWN = Pen(TRUTH, "solid")
_LEAST_P = 0.0001
_BETWEEN = "0 is chance and 1 the ceiling of each metric, whichever way is better"


@dataclass(frozen=True)
class Difference:
    """By how much a method is above another one in the headline."""

    other: str
    comparison: Comparison

    @property
    def told_apart(self) -> bool:
        """Whether more than chance is between them."""
        return self.comparison.p_holm < LEVEL

    @property
    def p_text(self) -> str:
        """The corrected p-value, to two digits."""
        p = self.comparison.p_holm
        return "–" if p != p else f"{p:.2g}" if p >= _LEAST_P else f"< {_LEAST_P}"


def differences(board: Board, method: str) -> list[Difference]:
    """Give a method's differences to all others of its table, in the order of the table."""
    others = [standing.result.method for standing in board.standings if standing.result.method != method]
    found = [(other, board.difference(method, other)) for other in others]
    return [Difference(other, comparison) for other, comparison in found if comparison is not None]


def headline_picture(board: Board, pens: Mapping[str, Pen]) -> Picture:
    """Draw the headline of every method, with interval, ceiling and chance."""
    found = [standing.rows.get(board.headline) for standing in board.standings]
    rows = [row for row in found if row is not None]
    metric = METRICS[board.headline]
    unit = "" if metric.unit == "1" else f" ({metric.unit})"
    values = "; ".join(f"{row.method} {score_text(row.value)}" for row in rows)
    figure = draw_scores(rows, rows[0], dict(pens), f"{metric.id}{unit}")
    return Picture.of(
        figure,
        title=metric.title,
        alt=f"Dots with 95 % intervals for {metric.id}: {values}.",
        caption=f"{metric.summary} Arrows point to what lies outside.",
    )


def profile_picture(board: Board, pens: Mapping[str, Pen]) -> Picture:
    """Draw all metrics of every method between chance and the ceiling."""
    profiles = [_profile(board, standing, pens[standing.result.method]) for standing in board.standings]
    return Picture.of(
        draw_profiles(board.metrics, profiles),
        title="All metrics",
        alt=f"Dots for {len(profiles)} methods in {len(board.metrics)} metrics, from chance to ceiling.",
        caption=f"{_BETWEEN}. Arrows lie outside.",
    )


def own_profile_picture(board: Board, standing: Standing) -> Picture:
    """Draw all metrics of a method with their intervals, before those of the others in grey."""
    others = [_profile(board, other, _OTHERS) for other in board.standings if other is not standing]
    own = _profile(board, standing, _OWN)
    track = board.scorecard.scorecard
    values = "; ".join(f"{metric} {score_text(at)}" for metric, (at, _, _) in own.ways.items())
    return Picture.of(
        draw_profiles(board.metrics, [*others, own], intervals_of=own.name),
        title=f"Track {track}, all metrics",
        alt=f"Ways from chance to the ceiling: {values}.",
        caption=f"{_BETWEEN}. Black: {own.name} with 95 % intervals"
        + ("; grey: the others." if others else "."),
    )


def difference_picture(board: Board, method: str) -> Picture:
    """Draw by how much a method is above each of the others in the headline."""
    found = differences(board, method)
    rows = [(one.other, one.comparison.difference, one.told_apart) for one in found]
    values = "; ".join(f"{other} {score_text(difference.value)}" for other, difference, _ in rows)
    metric = METRICS[board.headline]
    better = "Right" if metric.direction == "higher" else "Left"
    return Picture.of(
        draw_differences(rows, f"{metric.id} of {method} minus that of the other"),
        title=f"Track {board.scorecard.scorecard}, beside the others",
        alt=f"Differences in {metric.id} of {method} to others: {values}.",
        caption=f"{better} is better. 95 % intervals of the paired difference. Filled: told apart after"
        " correction for all pairs of the table.",
    )


def _profile(board: Board, standing: Standing, pen: Pen) -> Profile:
    ways = {
        metric: (at, way(row, row.low), way(row, row.high))
        for metric in board.metrics
        if (row := standing.rows.get(metric)) is not None and (at := way(row, row.value)) is not None
    }
    return Profile(standing.result.method, pen, ways)
