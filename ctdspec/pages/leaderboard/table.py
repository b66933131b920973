"""A table as a page shows it: cells of text, and what they are sorted by."""

from __future__ import annotations

from dataclasses import dataclass

from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.metric import Metric
from ctdspec.pages.score_table import score_text
from ctdspec.results.board import Board, Standing
from ctdspec.results.result import Result
from ctdspec.results.score_record import ScoreRecord
from ctdspec.results.scorecard import Scorecard


@dataclass(frozen=True)
class Cell:
    """A score: its text, its interval, what it is sorted by, and whether no other is better."""

    text: str
    interval: str
    key: str
    best: bool


@dataclass(frozen=True)
class Bar:
    """Where a score and its interval lie between chance and the ceiling, in per cent of the way."""

    low: float
    high: float
    at: float


@dataclass(frozen=True)
class Table:
    """A board, cell by cell."""

    board: Board

    @property
    def anchor(self) -> str:
        """Name of the table in links."""
        given = "-given_inputs" if self.board.given_inputs else ""
        return f"track-{self.board.scorecard.scorecard}{given}"

    @property
    def title(self) -> str:
        """What the table is of."""
        card = self.board.scorecard
        given = ", by methods that were shown the inputs" if self.board.given_inputs else ""
        return f"Track {card.scorecard}: {card.title.lower()}{given}"

    def metric(self, name: str) -> Metric:
        """Give what there is to say about a metric."""
        return METRICS[name]

    def cell(self, standing: Standing, metric: str) -> Cell:
        """Give a method's score."""
        row = standing.rows.get(metric)
        if row is None or row.value is None:
            return Cell("–", "", "", False)
        return Cell(
            score_text(row.value), interval_text(row), repr(row.value), row.value == self._best(metric)
        )

    def bar(self, standing: Standing) -> Bar | None:
        """Give where the headline lies between chance and the ceiling; None where that is not defined."""
        row = standing.rows.get(self.board.headline)
        if row is None:
            return None
        at, low, high = (way(row, value) for value in (row.value, row.low, row.high))
        if at is None or low is None or high is None:
            return None
        low, high = sorted((_per_cent(low), _per_cent(high)))
        return Bar(low, high, _per_cent(at))

    def reference(self, metric: str, kind: str) -> str:
        """Give the ``ceiling`` or the ``chance`` of a metric."""
        rows = [standing.rows[metric] for standing in self.board.standings if metric in standing.rows]
        return score_text(getattr(rows[0], kind)) if rows else "–"

    def _best(self, metric: str) -> float | None:
        values = [
            row.value
            for standing in self.board.standings
            if (row := standing.rows.get(metric)) is not None and row.value is not None
        ]
        if len(values) < 2:
            return None
        return max(values) if METRICS[metric].direction == "higher" else min(values)


def way(row: ScoreRecord, value: float | None) -> float | None:
    """Give how far a value of a row is on the way from chance (0) to the ceiling (1)."""
    if value is None or row.ceiling is None or row.chance is None or row.normalised is None:
        return None
    return (value - row.chance) / (row.ceiling - row.chance)


def _per_cent(way: float) -> float:
    return round(100 * min(max(way, 0.0), 1.0), 2)


def interval_text(row: ScoreRecord) -> str:
    """Give the interval; empty where it is not defined."""
    return "" if row.low is None or row.high is None else f"{score_text(row.low)} to {score_text(row.high)}"


def score_line(row: ScoreRecord, metric: Metric | None) -> dict[str, str]:
    """Give a row of the table of all scores of a method."""
    return {
        "metric": row.metric,
        "title": metric.title if metric else row.metric,
        "summary": metric.summary if metric else "",
        "value": score_text(row.value),
        "interval": interval_text(row) or "–",
        "ceiling": score_text(row.ceiling),
        "chance": score_text(row.chance),
        "normalised": score_text(row.normalised),
        "better": "" if metric is None or metric.direction == "higher" else "lower is better",
        "note": row.note,
    }


def chips(result: Result, card: Scorecard | None = None) -> list[tuple[str, str]]:
    """Give short remarks on an answer, each with its explanation; in a table, those that concern it."""
    found = []
    missing = [metric for metric in result.missing if card is None or metric in card.metrics]
    if card is None or result.track != card.scorecard:
        found.append(
            (f"track {result.track}", "What the answer brings: R rates, S states besides, D dynamics.")
        )
    if missing:
        found.append(("partial", f"The answer has nothing for {', '.join(missing)}."))
    if result.warnings:
        codes = ", ".join(dict.fromkeys(warning.code for warning in result.warnings))
        found.append((f"{len(result.warnings)} warned", f"Validation warned of {codes}."))
    return found
