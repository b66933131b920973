"""Verbs for judging what is there: score, report, verify."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ctdspec.cli.output import Json, say, say_json
from ctdspec.cli.places import DATASETS, Against, Dataset, Out, dataset_folder, sweep_folder


def score(
    submission: Annotated[Path, typer.Argument(metavar="SUBMISSION", help="A submission, one HDF5 file.")],
    against: Against,
    result: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write the scored submission, for `ctdspec leaderboard`."),
    ] = None,
    profile: Annotated[
        str | None, typer.Option(metavar="PROFILE", help="Profile to validate by: submission, or a path.")
    ] = None,
    out: Out = DATASETS,
    json: Json = False,
) -> None:
    """Score a submission against the truth of the dataset it answers. What validation refuses is not scored.

    Exits with 3 if it is refused.

    Example: ctdspec score my_answer.h5 --against 3bff --result results/my_answer.json
    """
    from ctdspec.cli.results import say_refused, say_scored
    from ctdspec.engine.submitted import RefusedError, score_submission
    from ctdspec.results.result import write_result

    try:
        scored = score_submission(submission, dataset_folder(against, out), profile)
    except RefusedError as error:
        say_refused(error.verdict, json)
        raise typer.Exit(error.exit_code) from None
    if result is not None:
        write_result(result, scored.result)
    say_scored(str(submission), scored, result, json)


def report(dataset: Dataset, out: Out = DATASETS, json: Json = False) -> None:
    """Write the report page of a dataset that has scores, or of a sweep. Exits with 1 if a claim of it fails.

    Example: ctdspec report 3bff
    """
    from ctdspec.cli.results import exit_if_any_fails, read_claims, say_claims
    from ctdspec.engine.report import report as report_dataset

    folder = sweep_folder(dataset, out) or dataset_folder(dataset, out)
    path = report_dataset(folder)
    claims = read_claims(folder)
    if json:
        say_json({"report": str(path)} | ({"claims": claims} if claims else {}))
    else:
        say(f"report  {path}")
        say_claims("Claims", claims)
    exit_if_any_fails(claims)


def verify(
    dataset: Dataset,
    out: Out = DATASETS,
    write_lock: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="If it is fine, also write its lock, to release it by."),
    ] = None,
    json: Json = False,
) -> None:
    """Check a dataset against its manifest and the shipped lock, if there is one. Exits with 1 if it fails.

    Example: ctdspec verify 3bff
    """
    from ctdspec.engine.verify import lock
    from ctdspec.engine.verify import verify as verify_dataset

    folder = dataset_folder(dataset, out)
    findings = verify_dataset(folder, against_lock=write_lock is None)
    ok = all(finding.level != "error" for finding in findings)
    if ok and write_lock is not None:
        lock(folder, write_lock)
    if json:
        say_json({"ok": ok, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            say(str(finding))
        say("fine" if ok else "not fine")
    raise typer.Exit(0 if ok else 1)
