"""Which metrics a track is scored by, and which one ranks it: validators/scorecards/*.yaml."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from ctdspec.errors import UsageError
from ctdspec.metrics.catalogue import METRICS
from ctdspec.resources import shipped
from ctdspec.spec.load import read
from ctdspec.spec.node import Node

TrackName = Literal["R", "S", "D"]
TRACKS: tuple[TrackName, ...] = ("R", "S", "D")
"""Tracks in the order in which each holds the one before: rates; with states; with dynamics."""

Reason = Annotated[str, Field(min_length=10)]


class Scorecard(Node):
    """How one track is judged."""

    scorecard: TrackName
    title: str
    asks: Reason
    """The question that the track answers."""
    headline: str
    """The metric that ranks."""
    why: Reason
    """Why this one."""
    metrics: dict[str, Reason]
    """Every metric of the track, and why it is there, in the order of tables."""

    @model_validator(mode="after")
    def _ensure_metrics_are_known(self) -> Scorecard:
        if unknown := [name for name in self.metrics if name not in METRICS]:
            raise ValueError(f"there is no metric {unknown[0]!r}")
        if self.headline not in self.metrics:
            raise ValueError(f"the headline {self.headline!r} is not among the metrics")
        return self


def read_scorecard(track: TrackName) -> Scorecard:
    """Read the shipped scorecard of a track.

    Raises
    ------
    UsageError
        If there is none, or it is not one.
    """
    from ruamel.yaml import YAML, YAMLError

    path = shipped("validators") / "scorecards" / f"{track}.yaml"
    try:
        document = YAML(typ="safe", pure=True).load(read(path).decode("utf-8"))
        return Scorecard.model_validate_json(json.dumps(document))
    except (YAMLError, TypeError, ValueError, ValidationError) as error:
        raise UsageError(f"{path}: not a scorecard ({error}); restore the file") from None


def scorecards(track: TrackName) -> Mapping[TrackName, Scorecard]:
    """Give the scorecards that an answer of a track is judged by: its own, and those of what it holds."""
    return {name: read_scorecard(name) for name in TRACKS[: TRACKS.index(track) + 1]}
