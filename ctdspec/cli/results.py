"""Where the results of a run are, and a short table of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ctdspec.cli.output import say, say_json, say_table, table_width
from ctdspec.store.layout import DatasetFolder

if TYPE_CHECKING:
    from ctdspec.checks.finding import Verdict
    from ctdspec.engine.submitted import Scored

Row = dict[str, Any]


def places(folder: Path) -> dict[str, str]:
    """Give the path of everything that a dataset, or a sweep, has so far."""
    from ctdspec.benchmark import POINTS

    at = DatasetFolder(folder)
    found = {
        "train NWB": next(folder.glob("sub-*/*_desc-train_*.nwb"), None),
        "test NWB": next(folder.glob("sub-*/*_desc-test_*.nwb"), None),
        "truth": at.truth,
        "points": folder / POINTS,
        "scores": at.scores_csv,
        "report": at.report,
    }
    return {what: str(path) for what, path in found.items() if path is not None and path.exists()}


def recordings(folder: Path) -> list[Path]:
    """Give the folders of a benchmark's sessions, in their order, or the folder itself if it has none.

    The points of a sweep are shown together, in the folder itself.
    """
    from ctdspec.benchmark import load

    sessions = [path.parent for path in folder.glob("ses-*/manifest.json")]
    if not sessions:
        return [folder]
    declared = load(sessions[0] / "spec.yaml").observation.sessions
    names = declared.names if declared else []
    return [folder / f"ses-{name}" for name in names if folder / f"ses-{name}" in sessions]


def say_places(folder: Path) -> None:
    """Print where everything is, of every session."""
    for recording in recordings(folder):
        found = places(recording)
        width = max(map(len, found), default=0)
        for what, path in found.items():
            say(f"{what:{width}}  {path}")


def read_rows(scores_json: Path) -> list[Row]:
    """Read the table of scores."""
    return json.loads(scores_json.read_text(encoding="utf-8"))


def say_scores(title: str, rows: list[Row]) -> None:
    """Print a line per method and a column per metric: value and half-width of the interval."""
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    methods = list(dict.fromkeys(row["method"] for row in rows))
    cells = {(row["method"], row["metric"]): _cell(row) for row in rows}
    columns = {metric: [cells.get((method, metric), "–") for method in methods] for metric in metrics}
    say(title)
    for number, some in enumerate(_side_by_side(methods, columns)):
        if number:
            say("")
        lines = zip(methods, *(columns[metric] for metric in some), strict=True)
        say_table("", ["method", *some], lines)


def _side_by_side(methods: list[str], columns: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """Give the metrics whose columns fit on the terminal beside each other, block by block."""
    room = table_width() - max(map(len, ["method", *methods]), default=0)
    block, used = [], 0
    for metric, cells in columns.items():
        width = 2 + max(map(len, [metric, *cells]))
        if block and used + width > room:
            yield block
            block, used = [], 0
        block.append(metric)
        used += width
    if block:
        yield block


def say_refused(verdict: Verdict, json: bool) -> None:
    """Print why a submission is not scored."""
    if json:
        say_json({"scored": False, **verdict_data(verdict)})
    else:
        say_verdict(verdict)
        say("not scored: mend what is an error, and look with `ctdspec validate` before scoring again")


def say_scored(name: str, scored: Scored, result: Path | None, json: bool) -> None:
    """Print the scores of a submission, what it lacks, and what validation warned of."""
    about, rows = scored.result, [row.model_dump(mode="json") for row in scored.result.scores]
    warned = [warning.model_dump() for warning in about.warnings]
    if json:
        head = {"scored": True, "track": about.track, "partial": about.partial, "missing": about.missing}
        say_json(head | {"warnings": warned, "scores": rows, "result": str(result) if result else None})
        return
    say_scores(f"{name}, track {about.track} (test trials; ± half of the 95 % interval)", rows)
    if about.partial:
        say(f"partial: the answer has nothing for {', '.join(about.missing)}")
    for warning in about.warnings:
        say(f"warning {warning.code}  {warning.place}")
    if result is not None:
        say(f"result  {result}")


def verdict_data(verdict: Verdict) -> Row:
    """Give what was found as data."""
    found = [finding.as_dict() for finding in verdict.findings]
    return {"ok": verdict.ok, "profile": verdict.profile, "findings": found}


def say_verdict(verdict: Verdict) -> None:
    """Print everything that was found, and how to learn more."""
    for finding in verdict.findings:
        say(str(finding))
    errors = sum(finding.severity == "error" for finding in verdict.findings)
    warnings = len(verdict.findings) - errors
    say(f"{'fine' if verdict.ok else 'not fine'}: {errors} errors, {warnings} warnings")
    if verdict.findings:
        say(f"`ctdspec explain {verdict.findings[0].problem.code}` says more")


def read_claims(folder: Path) -> list[Row]:
    """Read what came of a dataset's claims; none if its spec claims nothing."""
    from ctdspec.benchmark import load

    at = DatasetFolder(folder)
    if not load(at.spec_yaml).claims or not at.claims.exists():
        return []
    return json.loads(at.claims.read_text(encoding="utf-8"))


def say_claims(title: str, claims: list[Row]) -> None:
    """Print a line per claim: the verdict, the claim, and why."""
    if not claims:
        return
    lines = [[claim["verdict"], _in_place(claim), claim["why"]] for claim in claims]
    say("")
    say_table(title, ["verdict", "claim", "evidence"], lines)


def failures(claims: list[Row]) -> list[str]:
    """Give a sentence for each claim that fails: which, and why."""
    return [f"{_in_place(claim)}: {claim['why']}" for claim in claims if claim["verdict"] == "fails"]


def _in_place(claim: Row) -> str:
    return f"{claim['says']} ({claim['where']})" if claim["where"] else claim["says"]


def _cell(row: Row) -> str:
    if row["value"] is None:
        return "–"
    if row["low"] is None:
        return f"{row['value']:.3f}"
    return f"{row['value']:.3f} ±{(row['high'] - row['low']) / 2:.3f}"


def exit_if_any_fails(claims: list[dict[str, Any]]) -> None:
    """Say on stderr which claims fail, and exit with 1, if any does."""
    failed = failures(claims)
    for text in failed:
        typer.echo(f"ctdspec: a claim fails: {text}", err=True)
    if failed:
        raise typer.Exit(1)
