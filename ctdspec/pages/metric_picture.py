"""The picture of some metrics: answers, some of them built to fool a metric, and their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ctdspec.metrics.score import normalised
from ctdspec.pages.png import write_png
from ctdspec.pages.style import applied


@dataclass(frozen=True)
class ScoredAnswer:
    """An answer, as a picture shows it.

    Attributes
    ----------
    name
        What it is.
    at : (place,)
        Places along the horizontal axis.
    true, answered : (place, line)
        What is true there, and what the answer says.
    scores
        Value of each metric that is defined.
    fooled
        The metrics that are better than it deserves.
    """

    name: str
    at: np.ndarray
    true: np.ndarray
    answered: np.ndarray
    scores: Mapping[str, float]
    fooled: frozenset[str]


@dataclass(frozen=True)
class ScoredAnswers:
    """All that a picture shows.

    Attributes
    ----------
    shown
        What is drawn of each answer.
    along
        The horizontal axis.
    metrics
        Ids, in the order of columns.
    answers
        From the top.
    ceiling, chance
        Values of the truth and of chance.
    describes
        Whether the metrics describe a model, so that they are to be those of the truth.
    """

    shown: str
    along: str
    metrics: Sequence[str]
    answers: Sequence[ScoredAnswer]
    ceiling: Mapping[str, float]
    chance: Mapping[str, float]
    describes: bool = False

    def nearness(self, metric: str, value: float) -> float:
        """Give 1 for the value of the truth and 0 for chance's, or, if metrics describe, for one far off.

        Far off is the value of the truth and as much again, at least 1. NaN where the value is not defined.
        """
        ceiling, chance = (one.get(metric, float("nan")) for one in (self.ceiling, self.chance))
        if self.describes:
            return 1 - abs(value - ceiling) / max(abs(ceiling), 1)
        way = normalised(value, ceiling, chance)
        return float(value == ceiling) if np.isnan(way) and not np.isnan(value) else way


def write_metric_picture(path: Path, scored: ScoredAnswers) -> None:
    """Draw scores of answers as PNG; the same scores give the same bytes."""
    from ctdspec.pages.figures.answers import draw_answers

    with applied():
        write_png(path, draw_answers(scored))
