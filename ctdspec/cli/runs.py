"""Verbs for making datasets: run, build, train, fit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ctdspec.cli.execution import Execution, executing
from ctdspec.cli.output import Json, say, say_json
from ctdspec.cli.places import DATASETS, Out
from ctdspec.cli.specs import Spec

if TYPE_CHECKING:
    from ctdspec.benchmark import Benchmark

SecretSeed = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Make a private test set: take the seed from FILE (drawn, if there is none), and keep it out of"
        " every file for participants.",
    ),
]
Methods = Annotated[
    str,
    typer.Option(
        metavar="NAMES",
        help="Optional data models that are fitted too: names with commas between, or `all`. The others are"
        " always fitted.",
    ),
]


@executing
def run(
    spec: Spec,
    out: Out = DATASETS,
    secret_seed: SecretSeed = None,
    methods: Methods = "",
    json: Json = False,
    *,
    execution: Execution,
) -> None:
    """Do everything that a spec declares: data, baselines, scores, claims, report. Resumes what is there.

    Exits with 1 if a claim of the spec fails, and with 3 if a data model does: all else is done then.

    Example: ctdspec run 3bff --methods all
    """
    from ctdspec.cli.results import exit_if_any_fails, read_claims, recordings
    from ctdspec.engine.run import run as run_spec
    from ctdspec.errors import MethodError

    benchmark, failed = _declared(spec, secret_seed), ""
    try:
        with execution.settings(json) as chosen:
            folder = run_spec(benchmark, out, chosen, _names(methods))
    except MethodError as error:
        folder, failed = out / benchmark.folder, str(error)
    claims = [claim for recording in recordings(folder) for claim in read_claims(recording)]
    if json:
        say_json(_as_dict(benchmark, folder) | ({"failed": failed} if failed else {}))
    else:
        _say_run(benchmark, folder)
    if failed:
        typer.echo(f"ctdspec: {failed}", err=True)
        raise typer.Exit(MethodError.exit_code)
    exit_if_any_fails(claims)


@executing
def build(
    spec: Spec,
    out: Out = DATASETS,
    secret_seed: SecretSeed = None,
    json: Json = False,
    *,
    execution: Execution,
) -> None:
    """Build the data of a spec: the NWB pair and the ground truth.

    Example: ctdspec build lorenz --out /tmp/data
    """
    from ctdspec.engine.run import build as build_spec

    with execution.settings(json) as chosen:
        _say_folder(build_spec(_declared(spec, secret_seed), out, chosen), json)


def train(spec: Spec, out: Out = DATASETS, json: Json = False) -> None:
    """Train the system of a spec from scratch, to its acceptance bar. Exits with 4 if it misses the bar.

    Needs PyTorch: uv run --extra train ctdspec train SPEC, or pip install 'ctdspec[train]'.

    Example: ctdspec train 3bff --out /tmp/data
    """
    from ctdspec.cli.progress import progress
    from ctdspec.engine.train import train as train_spec

    weights = train_spec(spec, out, progress(json))
    say_json({"weights": str(weights)}) if json else say(f"weights  {weights}")


@executing
def fit(
    spec: Spec,
    out: Out = DATASETS,
    secret_seed: SecretSeed = None,
    methods: Methods = "",
    json: Json = False,
    *,
    execution: Execution,
) -> None:
    """Fit the data models of a spec, building the data first if need be.

    Example: ctdspec fit 3bff --methods gru
    """
    from ctdspec.engine.run import fit as fit_spec

    with execution.settings(json) as chosen:
        _say_folder(fit_spec(_declared(spec, secret_seed), out, chosen, _names(methods)), json)


def _declared(spec: str, secret_seed: Path | None) -> Benchmark:
    from ctdspec.benchmark import load
    from ctdspec.engine.private import private

    return load(spec) if secret_seed is None else private(load(spec), secret_seed)


def _names(methods: str) -> list[str]:
    """Give the names in a list that a user typed."""
    return [name for name in map(str.strip, methods.split(",")) if name]


def _as_dict(benchmark: Benchmark, folder: Path) -> dict[str, Any]:
    """Give what came of a run for programs; of several sessions, one after the other."""
    from ctdspec.cli.results import places, read_claims, read_rows, recordings

    found = [
        {
            "dataset": str(recording),
            "places": places(recording),
            "scores": read_rows(recording / "scores.json"),
        }
        | ({"claims": read_claims(recording)} if benchmark.claims else {})
        for recording in recordings(folder)
    ]
    return {"dataset": str(folder), "sessions": found} if len(found) > 1 else found[0]


def _say_run(benchmark: Benchmark, folder: Path) -> None:
    """Print the same for people."""
    from ctdspec.cli.results import read_claims, read_rows, recordings, say_claims, say_places, say_scores

    say_places(folder)
    found = recordings(folder)
    for recording in found:
        session = f", {recording.name}" if len(found) > 1 else ""
        say("")
        if benchmark.is_many:
            say(f"{benchmark.title}: {benchmark.n_points} points")
        else:
            title = f"{benchmark.title}{session} (test trials; ± half of the 95 % interval)"
            say_scores(title, read_rows(recording / "scores.json"))
        say_claims(f"Claims{session}", read_claims(recording))


def _say_folder(folder: Path, json: bool) -> None:
    from ctdspec.cli.results import places, recordings, say_places

    if not json:
        say_places(folder)
        return
    found = [{"dataset": str(recording), "places": places(recording)} for recording in recordings(folder)]
    say_json({"dataset": str(folder), "sessions": found} if len(found) > 1 else found[0])
