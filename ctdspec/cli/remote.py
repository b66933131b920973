"""Verbs for object stores: push, pull."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ctdspec.cli.output import Json, say, say_json
from ctdspec.cli.places import DATASETS, Dataset, Out

Url = Annotated[
    str, typer.Argument(metavar="URL", help="A folder in an object store: s3://bucket/folder, or fsspec's.")
]


def push(dataset: Dataset, url: Url, out: Out = DATASETS, json: Json = False) -> None:
    """Copy a dataset to an object store, truth and scores included. What is half there is never read.

    Needs s3fs for s3://: pip install 'ctdspec[remote]'. Keys and endpoint are those of AWS_* variables.

    Example: ctdspec push 3bff s3://my-bucket/3bff
    """
    from ctdspec.cli.progress import progress
    from ctdspec.engine.remote import push as push_dataset

    folder = next((place for place in (Path(dataset), out / dataset) if place.is_dir()), out / dataset)
    push_dataset(folder, url, progress(json))
    say_json({"url": url}) if json else say(f"url  {url}")


def pull(url: Url, out: Out = DATASETS, json: Json = False) -> None:
    """Copy a dataset that was pushed to this machine, under its own name, and compare it with its digests.

    Example: ctdspec pull s3://my-bucket/3bff --out /tmp/data
    """
    from ctdspec.cli.progress import progress
    from ctdspec.engine.remote import pull as pull_dataset

    folder = pull_dataset(url, out, progress(json))
    say_json({"dataset": str(folder)}) if json else say(f"dataset  {folder}")
