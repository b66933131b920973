"""The verb that draws observations: picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ctdspec.cli.output import Json, say, say_json
from ctdspec.errors import UsageError


def picture(
    observations: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="OBSERVATION...", help="Names under specs/observations, or paths of YAML files."
        ),
    ] = None,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the pictures go.")] = Path("pictures"),
    all: Annotated[bool, typer.Option("--all", help="Draw every shipped observation.")] = False,
    json: Json = False,
) -> None:
    """Draw what observations look like: one trial, its mean and variance, and what sets each apart.

    Recorded are a few trajectories of the Lorenz system, eighty times each.
    The same observation gives the same PNG file, OBSERVATION.png.

    Example: ctdspec picture refractory my/observation.yaml --to pictures
    """
    from ctdspec.cli.progress import progress
    from ctdspec.engine.picture import draw_observations, shipped_observations

    if all == bool(observations):
        raise UsageError("name the observations to draw, or give --all" + (", not both" if all else ""))
    sources = shipped_observations() if all else observations or []
    drawn = [str(path) for path in draw_observations(sources, to, progress(json))]
    say_json({"pictures": drawn}) if json else say("\n".join(drawn))
