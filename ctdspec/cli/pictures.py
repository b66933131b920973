"""The verb that draws what the docs show: picture."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctdspec.cli.output import Json, say, say_json
from ctdspec.errors import UsageError

if TYPE_CHECKING:
    from ctdspec.track import Track


class Subject(StrEnum):
    """What pictures are of."""

    OBSERVATIONS = "observations"
    TASKS = "tasks"
    METRICS = "metrics"
    PARTIAL_OBSERVATION = "partial_observation"


def picture(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME...",
            help="Names under specs/observations, or paths of YAML files; with --of: names of what it says.",
        ),
    ] = None,
    of: Annotated[Subject, typer.Option(help="What to draw.")] = Subject.OBSERVATIONS,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the pictures go.")] = Path("pictures"),
    all: Annotated[bool, typer.Option("--all", help="Draw all that are shipped.")] = False,
    json: Json = False,
) -> None:
    """Draw what the docs show: observations, tasks, what metrics tell apart, circuits that are seen in part.

    Of an observation: one trial, its mean and variance, and what sets it apart; recorded are a few
    trajectories of the Lorenz system, eighty times each. The same subject gives the same PNG file, NAME.png.

    Example: ctdspec picture refractory my/observation.yaml --to pictures

    Example: ctdspec picture --of tasks --all --to docs/pictures/tasks
    """
    from ctdspec.cli.progress import progress

    if all == bool(names):
        raise UsageError(f"name the {of} to draw, or give --all" + (", not both" if all else ""))
    drawn, left_out = _draw(of, names or [], to, progress(json))
    paths = [str(path) for path in drawn]
    if json:
        say_json({"pictures": paths, "left_out": left_out})
        return
    say("\n".join([*paths, *(f"{name}: left out: {reason}" for name, reason in left_out.items())]))


def _draw(of: Subject, names: list[str], to: Path, track: Track) -> tuple[list[Path], dict[str, str]]:
    """Give the paths of the pictures of these names, or of all for none, and why some were left out."""
    match of:
        case Subject.OBSERVATIONS:
            from ctdspec.engine.picture import draw_observations, shipped_observations

            return draw_observations(names or shipped_observations(), to, track), {}
        case Subject.TASKS:
            from ctdspec.engine.task_picture import draw_tasks
            from ctdspec.tasks.shipped import shipped_task_names

            return draw_tasks(names or shipped_task_names(), to, track)
        case Subject.METRICS:
            from ctdspec.engine.metric_picture import draw_metrics
            from ctdspec.engine.metric_studies import STUDIES

            return draw_metrics(names or list(STUDIES), to, track), {}
        case Subject.PARTIAL_OBSERVATION:
            from ctdspec.engine.partial_picture import PICTURES, draw_partial_observation

            return draw_partial_observation(names or list(PICTURES), to, track), {}
