"""The long table of scores as text."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable
from dataclasses import fields

import numpy as np

from ctdspec.metrics.bootstrap import N_RESAMPLES
from ctdspec.metrics.score import Score

COLUMNS = tuple(field.name for field in fields(Score) if field.name != "resamples")
"""Columns of the table, in their order."""


def scores_csv(scores: Iterable[Score]) -> str:
    """Give the rows as CSV with a header. Numbers are exact to the last bit; undefined ones are empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
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


def resamples_array(scores: Iterable[Score]) -> np.ndarray:
    """Give the values that the intervals are of, (row, resample) float64; NaN for a row that keeps none.

    All rows of as many trials share their resamples, so that their differences are paired.
    """
    unknown = np.full(N_RESAMPLES, np.nan)
    kept = [unknown if row.resamples is None else row.resamples for row in scores]
    return np.array(kept, np.float64).reshape(len(kept), N_RESAMPLES)


def _without_nan(row: Score, undefined: str | None) -> dict[str, object]:
    return {
        name: undefined if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in ((name, getattr(row, name)) for name in COLUMNS)
    }
