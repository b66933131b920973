"""Verbs for making and judging datasets: run, build, train, fit, score, report, verify."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ctdspec.cli.execution import ChunkTrials, Engine, LogFile, NumberOfWorkers, Profiles, Scheduler
from ctdspec.cli.output import Json, say, say_json
from ctdspec.cli.specs import Spec

if TYPE_CHECKING:
    from ctdspec.benchmark import Benchmark

Out = Annotated[
    Path, typer.Option(metavar="DIR", help="Folder in which the dataset's own folder is, or will be.")
]
Dataset = Annotated[
    str, typer.Argument(metavar="DATASET", help="A dataset's folder, or its name under --out.")
]
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
DATASETS = Path("datasets")


def run(
    spec: Spec,
    out: Out = DATASETS,
    chunk_trials: ChunkTrials = 200,
    secret_seed: SecretSeed = None,
    methods: Methods = "",
    workers: NumberOfWorkers = None,
    engine: Engine = "local",
    scheduler: Scheduler = None,
    log: LogFile = None,
    profile: Profiles = None,
    json: Json = False,
) -> None:
    """Do everything that a spec declares: data, baselines, scores, claims, report. Resumes what is there.

    Exits with 1 if a claim of the spec fails, and with 3 if a data model does: all else is done then.

    Example: ctdspec run 3bff --methods all
    """
    from ctdspec.cli.execution import settings
    from ctdspec.cli.results import (
        places,
        read_claims,
        read_rows,
        recordings,
        say_claims,
        say_places,
        say_scores,
    )
    from ctdspec.engine.run import run as run_spec
    from ctdspec.errors import MethodError

    benchmark, failed = _declared(spec, secret_seed), ""
    try:
        with settings(chunk_trials, workers, engine, scheduler, log, profile, json) as chosen:
            folder = run_spec(benchmark, out, chosen, _names(methods))
    except MethodError as error:
        folder, failed = out / benchmark.folder, str(error)
    made = {recording: read_rows(recording / "scores.json") for recording in recordings(folder)}
    claims = {recording: read_claims(recording) for recording in made}
    if json:
        found = [
            {"dataset": str(recording), "places": places(recording), "scores": rows}
            | ({"claims": claims[recording]} if benchmark.claims else {})
            for recording, rows in made.items()
        ]
        data = {"dataset": str(folder), "sessions": found} if len(found) > 1 else found[0]
        say_json(data | ({"failed": failed} if failed else {}))
    else:
        say_places(folder)
        for recording, rows in made.items():
            session = f", {recording.name}" if len(made) > 1 else ""
            say("")
            if benchmark.is_many:
                say(f"{benchmark.title}: {benchmark.n_points} points")
            else:
                say_scores(f"{benchmark.title}{session} (test trials; ± half of the 95 % interval)", rows)
            say_claims(f"Claims{session}", claims[recording])
    if failed:
        typer.echo(f"ctdspec: {failed}", err=True)
        raise typer.Exit(MethodError.exit_code)
    _exit_if_any_fails([claim for some in claims.values() for claim in some])


def build(
    spec: Spec,
    out: Out = DATASETS,
    chunk_trials: ChunkTrials = 200,
    secret_seed: SecretSeed = None,
    workers: NumberOfWorkers = None,
    engine: Engine = "local",
    scheduler: Scheduler = None,
    log: LogFile = None,
    profile: Profiles = None,
    json: Json = False,
) -> None:
    """Build the data of a spec: the NWB pair and the ground truth.

    Example: ctdspec build lorenz --out /tmp/data
    """
    from ctdspec.cli.execution import settings
    from ctdspec.engine.run import build as build_spec

    with settings(chunk_trials, workers, engine, scheduler, log, profile, json) as chosen:
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


def fit(
    spec: Spec,
    out: Out = DATASETS,
    chunk_trials: ChunkTrials = 200,
    secret_seed: SecretSeed = None,
    methods: Methods = "",
    workers: NumberOfWorkers = None,
    engine: Engine = "local",
    scheduler: Scheduler = None,
    log: LogFile = None,
    profile: Profiles = None,
    json: Json = False,
) -> None:
    """Fit the data models of a spec, building the data first if need be.

    Example: ctdspec fit 3bff --methods gru
    """
    from ctdspec.cli.execution import settings
    from ctdspec.engine.run import fit as fit_spec

    with settings(chunk_trials, workers, engine, scheduler, log, profile, json) as chosen:
        _say_folder(fit_spec(_declared(spec, secret_seed), out, chosen, _names(methods)), json)


def score(
    submission: Annotated[Path, typer.Argument(metavar="SUBMISSION", help="A submission, one HDF5 file.")],
    against: Annotated[
        str, typer.Option(metavar="DATASET", help="The dataset it answers: a folder, or a name under --out.")
    ],
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
    from ctdspec.cli.results import read_claims, say_claims
    from ctdspec.engine.report import report as report_dataset

    folder = sweep_folder(dataset, out) or dataset_folder(dataset, out)
    path = report_dataset(folder)
    claims = read_claims(folder)
    if json:
        say_json({"report": str(path)} | ({"claims": claims} if claims else {}))
    else:
        say(f"report  {path}")
        say_claims("Claims", claims)
    _exit_if_any_fails(claims)


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


def _declared(spec: str, secret_seed: Path | None) -> Benchmark:
    from ctdspec.benchmark import load
    from ctdspec.engine.private import private

    return load(spec) if secret_seed is None else private(load(spec), secret_seed)


def _names(methods: str) -> list[str]:
    """Give the names in a list that a user typed."""
    return [name for name in map(str.strip, methods.split(",")) if name]


def _say_folder(folder: Path, json: bool) -> None:
    from ctdspec.cli.results import places, recordings, say_places

    if not json:
        say_places(folder)
        return
    found = [{"dataset": str(recording), "places": places(recording)} for recording in recordings(folder)]
    say_json({"dataset": str(folder), "sessions": found} if len(found) > 1 else found[0])


def _exit_if_any_fails(claims: list[dict[str, Any]]) -> None:
    """Say on stderr which claims fail, and exit with 1, if any does."""
    from ctdspec.cli.results import failures

    failed = failures(claims)
    for text in failed:
        typer.echo(f"ctdspec: a claim fails: {text}", err=True)
    if failed:
        raise typer.Exit(1)


def sweep_folder(dataset: str, out: Path) -> Path | None:
    """Give the folder of a sweep that was run, if that is what a user means."""
    for folder in (Path(dataset), out / dataset):
        if _is_sweep(folder):
            return folder
    return None


def _is_sweep(folder: Path) -> bool:
    return (folder / "over_seeds.json").is_file()


def dataset_folder(dataset: str, out: Path) -> Path:
    """Give the folder that a user means."""
    from ctdspec.errors import DatasetError

    candidates = [Path(dataset), out / dataset]
    for folder in candidates:
        is_whole = (folder / "manifest.json").is_file() and (folder / "spec.yaml").is_file()
        if is_whole and not _is_sweep(folder):
            return folder
    for folder in candidates:
        if sessions := sorted(path.parent.name for path in folder.glob("ses-*/manifest.json")):
            raise DatasetError(
                f"{dataset}: it has several sessions, each a dataset of its own; give one of them, as in"
                f" {dataset}/{sessions[0]} (there are {', '.join(sessions)})"
            )
    if (sweep := sweep_folder(dataset, out)) is not None:
        points = sorted(path.name for path in (sweep / "points").iterdir())
        raise DatasetError(
            f"{dataset}: it is a sweep of {len(points)} points, each a dataset of its own; give one of them,"
            f" as in {dataset}/points/{points[0]}"
        )
    raise DatasetError(
        f"{dataset}: no dataset there: found no manifest.json in {candidates[0]} or {candidates[1]}; "
        f"build it with `ctdspec run {dataset}`, or give its folder"
    )
