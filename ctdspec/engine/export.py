"""Handing a dataset on in the formats of other labs and of other methods."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

from ctdspec.benchmark import load, recipe_yaml
from ctdspec.bundles.bundle import RECORD, Audience, write_bundle
from ctdspec.bundles.catalogue import format_named
from ctdspec.bundles.material import Hidden, Public
from ctdspec.errors import UsageError
from ctdspec.resources import shipped
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.recording import open_recording
from ctdspec.store.remote import is_url, local_files, remote_folder


def export(dataset: str | Path, format: str, to: str | Path, audience: Audience = "public") -> Path | str:
    """Write a bundle of a dataset, whole or not at all, and give its folder or URL.

    Parameters
    ----------
    dataset
        The dataset's folder.
    format
        ``nwb``, ``nlb``, ``lfads``, ``npz``, ``zarr``, ``temporaldata`` or ``submission-template``.
    to
        The bundle's folder: a new one, an empty one, or an older bundle, which is replaced. A URL is a folder
        in an object store; bundle.json is written there last, so that half a bundle is known for one.
    audience
        ``public``: without any truth, and without the test spikes of held-out neurons. ``organiser``: the
        same, and these in the subfolder organiser/.

    Raises
    ------
    UsageError
        If there is no such format or audience, something else is at `to`, the format cannot hold the
        recording, or it needs a package that is not installed.
    DatasetError
        If the dataset is incomplete or damaged.
    """
    layout, folder = format_named(format), DatasetFolder(Path(dataset))
    if audience not in get_args(Audience):
        raise UsageError(f"a bundle is for {' or '.join(get_args(Audience))}, not for {audience!r}")
    hidden = Hidden(folder.truth) if audience == "organiser" else None
    if isinstance(to, Path) or not is_url(to):
        write_bundle(Path(to), layout, _public(folder), hidden)
        return Path(to)
    target = remote_folder(to)
    with TemporaryDirectory() as place:
        bundle = Path(place) / "bundle"
        write_bundle(bundle, layout, _public(folder), hidden)
        target.replace(local_files(bundle, [path.name for path in bundle.iterdir()]), RECORD)
    return to


def _public(folder: DatasetFolder) -> Public:
    recording, benchmark = open_recording(folder.path), load(folder.spec_yaml)
    card = shipped("datasets") / benchmark.name / "card.yaml"
    return Public(
        name=f"{benchmark.name}_{benchmark.session}" if benchmark.session else benchmark.name,
        title=benchmark.title,
        recipe=recipe_yaml(benchmark),
        card=card if card.is_file() else None,
        nwb={"train": folder.nwb_train, "test": folder.nwb_test},
        recording=recording,
    )
