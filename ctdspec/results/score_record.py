"""One row of the table of scores, as it is kept in files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ctdspec.errors import DatasetError
from ctdspec.metrics.score import Score
from ctdspec.metrics.table import as_rows
from ctdspec.spec.node import Node


class ScoreRecord(Node):
    """One row of the table of scores; null where the score is not defined."""

    metric: str
    version: int
    method: str
    split: str
    value: float | None
    low: float | None
    high: float | None
    ceiling: float | None
    chance: float | None
    normalised: float | None
    n_trials: int
    n_bootstrap: int
    note: str


def records(scores: Iterable[Score]) -> list[ScoreRecord]:
    """Give rows of scores as files keep them."""
    return [ScoreRecord.model_validate(row) for row in as_rows(scores)]


def read_scores(path: Path) -> list[ScoreRecord]:
    """Read the rows of scores.json, in their order; none if there is no such file.

    Raises
    ------
    DatasetError
        If the file does not hold scores.
    """
    if not path.exists():
        return []
    try:
        return TypeAdapter(list[ScoreRecord]).validate_json(path.read_bytes())
    except (ValueError, ValidationError) as error:
        raise DatasetError(f"{path}: expected a list of scores ({error}); score the dataset again") from error
