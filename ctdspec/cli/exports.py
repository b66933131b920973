"""The verb that hands a dataset on: export."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from ctdspec.cli.output import Json, say, say_json
from ctdspec.cli.places import DATASETS, Dataset, Out, dataset_folder


def export(
    dataset: Dataset,
    format: Annotated[
        str,
        typer.Option(
            metavar="FORMAT", help="nwb, nlb, lfads, npz, zarr, temporaldata, or submission-template."
        ),
    ],
    to: Annotated[
        str,
        typer.Option(metavar="DIR", help="The bundle's folder or URL (s3://…); an old one is replaced."),
    ],
    audience: Annotated[
        Literal["public", "organiser"],
        typer.Option("--for", help="The organiser's bundle also holds the truth and the hidden spikes."),
    ] = "public",
    out: Out = DATASETS,
    json: Json = False,
) -> None:
    """Write a bundle of a dataset for other labs, or for other methods' loaders.

    A public bundle holds no truth and no test spikes of held-out neurons; the organiser's holds them in its
    folder organiser/.

    Example: ctdspec export 3bff --format lfads --to bundles/3bff_lfads
    """
    from ctdspec.engine.export import export as export_dataset

    path = export_dataset(dataset_folder(dataset, out), format, to, audience)
    say_json({"bundle": str(path), "format": format, "for": audience}) if json else say(f"bundle  {path}")
