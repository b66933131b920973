"""The scores as they are on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path

from ctdspec.errors import DatasetError


@dataclass(frozen=True)
class ScoreRow:
    """One row of scores.json, unchanged; None where the score is not defined."""

    metric: str
    version: int
    method: str
    split: str
    value: float | None
    low: float | None
    high: float | None
    ceiling: float | None
    chance: float | None
    n_trials: int
    n_bootstrap: int
    note: str


def read_scores(path: Path) -> list[ScoreRow]:
    """Read the rows of scores.json, in their order; none if there is no such file.

    Raises
    ------
    DatasetError
        If the file does not hold scores.
    """
    if not path.exists():
        return []
    names = [field.name for field in fields(ScoreRow)]
    try:
        return [
            ScoreRow(**{name: row[name] for name in names}) for row in json.loads(path.read_text("utf-8"))
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise DatasetError(f"{path}: expected a list of scores ({error}); score the dataset again") from error


def score_text(value: float | None) -> str:
    """Give a score to three decimals, with a real minus sign; a dash where it is not defined."""
    return "–" if value is None else f"{value:.3f}".replace("-", "−")


def by_metric(rows: list[ScoreRow]) -> dict[str, list[ScoreRow]]:
    """Group the rows by metric, both in the order in which they appear."""
    groups: dict[str, list[ScoreRow]] = {}
    for row in rows:
        groups.setdefault(row.metric, []).append(row)
    return groups
