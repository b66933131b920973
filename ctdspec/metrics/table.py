"""The long table of scores as text."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable
from dataclasses import asdict, fields

from ctdspec.metrics.score import Score


def scores_csv(scores: Iterable[Score]) -> str:
    """Give the rows as CSV with a header. Numbers are exact to the last bit; undefined ones are empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Score)], lineterminator="\n")
    writer.writeheader()
    for row in scores:
        writer.writerow(_without_nan(row, undefined=""))
    return text.getvalue()


def scores_json(scores: Iterable[Score]) -> str:
    """Give the rows as a JSON list of objects. Numbers are exact to the last bit; undefined ones are null."""
    return json.dumps(as_rows(scores), indent=1, allow_nan=False) + "\n"


def as_rows(scores: Iterable[Score]) -> list[dict[str, object]]:
    """Give the rows as objects for JSON; undefined numbers are None."""
    return [_without_nan(row, undefined=None) for row in scores]


def _without_nan(row: Score, undefined: str | None) -> dict[str, object]:
    return {
        name: undefined if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in asdict(row).items()
    }
