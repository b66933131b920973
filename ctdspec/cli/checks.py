"""Verbs that judge what someone hands in: validate, explain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ctdspec.cli.output import Json, say, say_json
from ctdspec.cli.places import DATASETS, Out, dataset_folder
from ctdspec.cli.results import say_verdict, verdict_data
from ctdspec.errors import UsageError


def validate(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A submission, or a dataset's folder.")],
    against: Annotated[
        str | None,
        typer.Option(metavar="DATASET", help="The dataset that a submission answers."),
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Use the NWB pair only, as participants can: no truth.")
    ] = False,
    profile: Annotated[
        str | None, typer.Option(metavar="PROFILE", help="submission, dataset, release, or a path.")
    ] = None,
    out: Out = DATASETS,
    json: Json = False,
) -> None:
    """Say everything that is wrong with a submission, or a dataset. Changes nothing, and scores nothing.

    Exits with 1 if anything is an error, and with 3 if the file is not fit to be read.

    Example: ctdspec validate my_answer.h5 --against 3bff
    """
    from ctdspec.engine.validate import validate as validate_path

    if against is None and not path.is_file():
        path = dataset_folder(str(path), out)
    verdict = validate_path(path, _dataset(against, out, public), public, profile)
    say_json(verdict_data(verdict)) if json else say_verdict(verdict)
    raise typer.Exit(verdict.exit_code)


def _dataset(against: str | None, out: Path, public: bool) -> Path | None:
    """Give the dataset's folder; that of a participant has no manifest."""
    if against is None:
        return None
    folder = Path(against)
    is_pair = public and folder.is_dir() and not (folder / "manifest.json").is_file()
    return folder if is_pair else dataset_folder(against, out)


def explain(
    code: Annotated[str | None, typer.Argument(metavar="CODE", help="A code that validate printed.")] = None,
    all: Annotated[bool, typer.Option("--all", help="List all codes and their questions.")] = False,
    json: Json = False,
) -> None:
    """Say what a code of `validate` asks, why it matters and what to do.

    Example: ctdspec explain SUB-VAL-003
    """
    from dataclasses import asdict

    from ctdspec.checks.catalogue import QUESTIONS, question

    if all == (code is not None):
        raise UsageError("explain: give one code, or --all")
    chosen = list(QUESTIONS.values()) if code is None else [question(code)]
    if json:
        say_json({"questions": [asdict(one) for one in chosen]})
    elif code is None:
        for one in chosen:
            say(f"{one.code}  {one.question}")
    else:
        say(f"{chosen[0].code}  {chosen[0].question}\n\nwhy  {chosen[0].why}\nfix  {chosen[0].fix}")
