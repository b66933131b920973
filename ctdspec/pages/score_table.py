"""Scores in groups and as text."""

from __future__ import annotations

from collections.abc import Iterable

from ctdspec.results.score_record import ScoreRecord


def score_text(value: float | None) -> str:
    """Give a score to three decimals, with a real minus sign; a dash where it is not defined."""
    return "–" if value is None else f"{value:.3f}".replace("-", "−")


def by_metric(rows: Iterable[ScoreRecord]) -> dict[str, list[ScoreRecord]]:
    """Group the rows by metric, both in the order in which they appear."""
    groups: dict[str, list[ScoreRecord]] = {}
    for row in rows:
        groups.setdefault(row.metric, []).append(row)
    return groups
