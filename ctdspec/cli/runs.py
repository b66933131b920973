"""Verbs for making and judging datasets: run, build, train, fit, score, report, verify."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ctdspec.cli.output import Json, say, say_json
from ctdspec.cli.specs import Spec

Out = Annotated[
    Path, typer.Option(metavar="DIR", help="Folder in which the dataset's own folder is, or will be.")
]
ChunkTrials = Annotated[
    int, typer.Option(min=1, metavar="N", help="Trials in memory at a time; no result depends on it.")
]
Dataset = Annotated[
    str, typer.Argument(metavar="DATASET", help="A dataset's folder, or its name under --out.")
]
DATASETS = Path("datasets")


def run(spec: Spec, out: Out = DATASETS, chunk_trials: ChunkTrials = 200, json: Json = False) -> None:
    """Do everything that a spec declares: data, baselines, scores, report. Resumes what is there.

    Example: ctdspec run 3bff
    """
    from ctdspec.benchmark import load
    from ctdspec.cli.progress import progress
    from ctdspec.cli.results import places, read_rows, recordings, say_places, say_scores
    from ctdspec.engine.run import run as run_spec

    benchmark = load(spec)
    folder = run_spec(benchmark, out, chunk_trials, progress(json))
    made = {recording: read_rows(recording / "scores.json") for recording in recordings(folder)}
    if json:
        found = [
            {"dataset": str(recording), "places": places(recording), "scores": rows}
            for recording, rows in made.items()
        ]
        say_json({"dataset": str(folder), "sessions": found} if len(found) > 1 else found[0])
        return
    say_places(folder)
    for recording, rows in made.items():
        session = f", {recording.name}" if len(made) > 1 else ""
        say("")
        say_scores(f"{benchmark.title}{session} (test trials; ± half of the 95 % interval)", rows)


def build(spec: Spec, out: Out = DATASETS, chunk_trials: ChunkTrials = 200, json: Json = False) -> None:
    """Build the data of a spec: the NWB pair and the ground truth.

    Example: ctdspec build lorenz --out /tmp/data
    """
    from ctdspec.cli.progress import progress
    from ctdspec.engine.build import build as build_spec

    _say_folder(build_spec(spec, out, chunk_trials, progress(json)), json)


def train(spec: Spec, out: Out = DATASETS, json: Json = False) -> None:
    """Train the system of a spec from scratch, to its acceptance bar. Exits with 4 if it misses the bar.

    Needs PyTorch: uv run --extra train ctdspec train SPEC, or pip install 'ctdspec[train]'.

    Example: ctdspec train 3bff --out /tmp/data
    """
    from ctdspec.cli.progress import progress
    from ctdspec.engine.train import train as train_spec

    weights = train_spec(spec, out, progress(json))
    say_json({"weights": str(weights)}) if json else say(f"weights  {weights}")


def fit(spec: Spec, out: Out = DATASETS, chunk_trials: ChunkTrials = 200, json: Json = False) -> None:
    """Fit the data models of a spec, building the data first if need be.

    Example: ctdspec fit 3bff
    """
    from ctdspec.cli.progress import progress
    from ctdspec.engine.fit import fit as fit_spec

    _say_folder(fit_spec(spec, out, chunk_trials, progress(json)), json)


def score(
    submission: Annotated[Path, typer.Argument(metavar="SUBMISSION", help="A submission, one HDF5 file.")],
    against: Annotated[
        str, typer.Option(metavar="DATASET", help="The dataset it answers: a folder, or a name under --out.")
    ],
    out: Out = DATASETS,
    json: Json = False,
) -> None:
    """Score a submission against the truth of the dataset it answers.

    Example: ctdspec score my_answer.h5 --against 3bff
    """
    from ctdspec.cli.results import say_scores
    from ctdspec.engine.score import score as score_submission
    from ctdspec.metrics.table import as_rows

    rows = as_rows(score_submission(submission, dataset_folder(against, out)))
    if json:
        say_json({"scores": rows})
    else:
        say_scores(f"{submission} (test trials; ± half of the 95 % interval)", rows)


def report(dataset: Dataset, out: Out = DATASETS, json: Json = False) -> None:
    """Write the report page of a dataset that has scores.

    Example: ctdspec report 3bff
    """
    from ctdspec.engine.report import report as report_dataset

    path = report_dataset(dataset_folder(dataset, out))
    say_json({"report": str(path)}) if json else say(f"report  {path}")


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


def _say_folder(folder: Path, json: bool) -> None:
    from ctdspec.cli.results import places, recordings, say_places

    if not json:
        say_places(folder)
        return
    found = [{"dataset": str(recording), "places": places(recording)} for recording in recordings(folder)]
    say_json({"dataset": str(folder), "sessions": found} if len(found) > 1 else found[0])


def dataset_folder(dataset: str, out: Path) -> Path:
    """Give the folder that a user means."""
    from ctdspec.errors import DatasetError

    candidates = [Path(dataset), out / dataset]
    for folder in candidates:
        if (folder / "manifest.json").is_file():
            return folder
    for folder in candidates:
        if sessions := sorted(path.parent.name for path in folder.glob("ses-*/manifest.json")):
            raise DatasetError(
                f"{dataset}: it has several sessions, each a dataset of its own; give one of them, as in"
                f" {dataset}/{sessions[0]} (there are {', '.join(sessions)})"
            )
    raise DatasetError(
        f"{dataset}: no dataset there: found no manifest.json in {candidates[0]} or {candidates[1]}; "
        f"build it with `ctdspec run {dataset}`, or give its folder"
    )
