"""A scored submission: one JSON file of scores, and of nothing that is hidden."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, ValidationError, model_validator

from ctdspec.atomic import write_text
from ctdspec.errors import DatasetError
from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.score import Score
from ctdspec.results.score_record import ScoreRecord
from ctdspec.results.scorecard import TrackName
from ctdspec.spec.node import Name, Node
from ctdspec.submissions.regular import open_regular

MAX_BYTES = 16 << 20
DIGITS = 6
"""Digits that a resample is kept with; scores and intervals are exact."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Scalar = bool | int | float | str | None


class Answered(Node):
    """The dataset that was answered, as anyone may know it."""

    benchmark: Name
    """Name of the benchmark."""
    title: str
    """One line that says what it is."""
    session: Name | None = None
    """The session, of a benchmark that has several."""
    dataset: str
    """Digest of the dataset."""
    private: bool
    """Whether the seed is the organiser's secret."""
    recipe: Sha256
    """Digest of the recipe that participants get."""
    n_trials: int
    """Test trials."""
    n_bins: int
    """Bins of a trial."""
    bin_s: float
    """Length of a bin in seconds."""
    n_neurons: int
    """All neurons."""
    n_held_out: int
    """Neurons that the test recording hides."""


class Warned(Node):
    """A finding of validation that did not refuse the answer."""

    code: str
    place: str


class Result(Node):
    """A scored submission. Equal submissions, datasets and versions give equal results."""

    format: Literal["ctdspec-result"] = "ctdspec-result"
    version: Literal[1] = 1
    answered: Answered
    method: Name
    """Name of the method."""
    track: TrackName
    """What the answer brings."""
    given_inputs: bool
    """Whether the method was shown the stimulus."""
    parameters: dict[str, Scalar | list[Scalar]]
    """What the method says about its fit."""
    submission: Sha256
    """Digest of the submitted file."""
    profile: str
    """Profile that the answer was validated by."""
    warnings: list[Warned]
    """What validation warned of."""
    partial: bool
    """Whether the answer lacks what some metric of its track needs."""
    missing: list[str]
    """These metrics: the dataset has what they need, the answer has not."""
    scores: list[ScoreRecord]
    """By the metrics of its track's scorecards, then by the others that the spec lists."""
    resamples: dict[str, list[float]]
    """What the intervals are of, by metric; equal places are equal draws of test trials for all methods."""
    versions: dict[str, str]
    platform: dict[str, str]

    @model_validator(mode="after")
    def _ensure_resamples_are_of_scores(self) -> Result:
        if unknown := set(self.resamples) - {row.metric for row in self.scores}:
            raise ValueError(f"resamples of {sorted(unknown)[0]!r}, which has no score")
        return self

    def row(self, metric: str) -> ScoreRecord | None:
        """Give the score of a metric; None if it has none."""
        return next((row for row in self.scores if row.metric == metric), None)

    def estimate(self, metric: str) -> Estimate | None:
        """Give the score of a metric with its resamples; None if it is not defined or has none."""
        row, resamples = self.row(metric), self.resamples.get(metric)
        if row is None or resamples is None or row.value is None or row.low is None or row.high is None:
            return None
        return Estimate(row.value, row.low, row.high, np.array(resamples))


def kept_resamples(scores: list[Score]) -> dict[str, list[float]]:
    """Give the resamples of the rows that have a complete set of them."""
    return {
        row.metric: [float(f"{value:.{DIGITS}g}") for value in row.resamples]
        for row in scores
        if row.resamples is not None and np.isfinite(row.resamples).all()
    }


def write_result(path: Path, result: Result) -> None:
    """Write a result atomically; an older file at `path` is replaced."""
    write_text(path, result.model_dump_json(indent=1, exclude_none=False) + "\n")


def read_result(path: Path) -> Result:
    """Read a result.

    Raises
    ------
    DatasetError
        If it is no regular file, larger than `MAX_BYTES`, or no result.
    SubmissionError
        If it cannot be opened.
    """
    with open_regular(path) as file:
        content = file.read(MAX_BYTES + 1)
    try:
        if len(content) > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES} bytes")
        return Result.model_validate_json(content)
    except (ValueError, ValidationError) as error:
        raise DatasetError(
            f"{path}: expected a scored submission ({error}); write it with `ctdspec score … --result FILE`"
        ) from None
