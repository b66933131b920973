"""Where a user's datasets are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Out = Annotated[
    Path, typer.Option(metavar="DIR", help="Folder in which the dataset's own folder is, or will be.")
]
Dataset = Annotated[
    str, typer.Argument(metavar="DATASET", help="A dataset's folder, or its name under --out.")
]
Against = Annotated[
    str, typer.Option(metavar="DATASET", help="The dataset it answers: a folder, or a name under --out.")
]
DATASETS = Path("datasets")


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
