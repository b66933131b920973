"""The verb that shows scored submissions beside each other: leaderboard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ctdspec.cli.output import Json, say, say_json


def leaderboard(
    results: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="Folder of files that `ctdspec score … --result FILE` wrote."),
    ],
    out: Annotated[
        Path, typer.Option(metavar="SITE", help="Folder of the site; that of an older site is replaced.")
    ],
    json: Json = False,
) -> None:
    """Make a static site of scored submissions: a table for each benchmark and track, a page for each method.

    Example: ctdspec leaderboard results --out site
    """
    from ctdspec.engine.leaderboard import leaderboard as write

    page = write(results, out)
    say_json({"leaderboard": str(page)}) if json else say(f"leaderboard  {page}")
