"""What an organiser writes beside the results: leaderboard.yaml."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from ctdspec.errors import UsageError
from ctdspec.spec.load import read
from ctdspec.spec.node import Node

FILE = "leaderboard.yaml"


def _ensure_day(text: str) -> str:
    datetime.date.fromisoformat(text)
    return text


class Correction(Node):
    """Something that was wrong on the page, or in a dataset, and is not any more."""

    date: Annotated[str, AfterValidator(_ensure_day)]
    """The day, as 2026-11-01."""
    text: str = Field(min_length=1)
    """What was wrong, for whom, and what was done."""


class Notes(Node):
    """The words of a leaderboard that no result has."""

    title: str = Field(default="Leaderboard", min_length=1, max_length=200)
    """Heading of the page."""
    about: str = ""
    """What the benchmarks are for: paragraphs apart by an empty line."""
    submit: str = "Send the file to the organiser of this leaderboard."
    """Where answers are sent."""
    corrections: list[Correction] = []
    """The latest first."""


def read_notes(folder: Path) -> Notes:
    """Read the notes in a folder of results; the defaults if there are none.

    Raises
    ------
    UsageError
        If there is a file of the name that is none.
    """
    from ruamel.yaml import YAML, YAMLError

    path = folder / FILE
    if not path.exists():
        return Notes()
    try:
        document = YAML(typ="safe", pure=True).load(read(path).decode("utf-8"))
        # A date without quotes is a date to YAML.
        return Notes.model_validate_json(json.dumps(document or {}, default=str))
    except (YAMLError, TypeError, ValueError, ValidationError, RecursionError) as error:
        raise UsageError(
            f"{path}: expected title, about, submit and corrections ({error}); docs/leaderboard.md shows one"
        ) from None
