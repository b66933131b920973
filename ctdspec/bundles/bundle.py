"""A bundle: a folder to be handed on, which says what it holds."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Literal

from pydantic import Field

from ctdspec.atomic import replacing_folder
from ctdspec.bundles.format import Format
from ctdspec.bundles.material import Hidden, Public
from ctdspec.bundles.readme import readme
from ctdspec.errors import UsageError
from ctdspec.spec.node import Node
from ctdspec.store.digest import file_digest
from ctdspec.store.manifest import FileRecord, Inside

ORGANISER = "organiser"
"""The folder of a bundle that holds what is hidden; a public bundle has none."""
RECORD = "bundle.json"
"""The file that says what a bundle is."""

Audience = Literal["public", "organiser"]
"""Who a bundle is for."""


class BundleRecord(Node):
    """What bundle.json holds."""

    version: Literal[1] = 1
    """Version of this record."""
    name: str
    """Name of the benchmark."""
    dataset: str
    """Digest of the dataset."""
    format: str
    """Format of the bundle."""
    audience: Audience
    """Who it is for."""
    bin_s: float
    """Length of a bin in seconds."""
    ctdspec: str
    """Version of ctdspec that wrote it."""
    files: dict[Inside, FileRecord] = Field(default_factory=dict)
    """SHA-256 and size of every other file, by path in the bundle."""


def write_bundle(to: Path, layout: Format, public: Public, hidden: Hidden | None) -> None:
    """Write a bundle, whole or not at all; an older bundle at `to` is replaced.

    The public files are the same for both audiences; `hidden`, if given, adds the folder organiser/.

    Raises
    ------
    UsageError
        If something else than a bundle is at `to`, or the format cannot hold this recording.
    DatasetError
        If the dataset is damaged.
    """
    _ensure_replaceable(to)
    layout.ensure_available()
    _ensure_fits(layout, public)
    with replacing_folder(to) as new:
        layout.write(public, new)
        if hidden is not None:
            (new / ORGANISER).mkdir()
            layout.write_hidden(public, hidden, new / ORGANISER)
        text = readme(layout, public, hidden is not None, version("ctdspec"))
        (new / "README.txt").write_text(text, encoding="utf-8")
        _write_record(new, layout, public, "public" if hidden is None else "organiser")


def _ensure_replaceable(to: Path) -> None:
    # The folder is replaced as a whole: what is not a bundle must never be lost.
    if to.exists() and not (to / RECORD).is_file() and not (to.is_dir() and not any(to.iterdir())):
        raise UsageError(
            f"{to}: found something that is no bundle, and left it as it is; give a new or empty folder"
        )


def _ensure_fits(layout: Format, public: Public) -> None:
    kind = public.recording.signal_kind
    if kind is not None and not layout.takes_signals:
        raise UsageError(
            f"the format {layout.name} holds spikes, but {public.name} is a recording of {kind};"
            " use nwb, npz or zarr"
        )


def _write_record(folder: Path, layout: Format, public: Public, audience: Audience) -> None:
    record = BundleRecord(
        name=public.name,
        dataset=public.recording.dataset,
        format=layout.name,
        audience=audience,
        bin_s=public.recording.bin_s,
        ctdspec=version("ctdspec"),
        files=_files(folder),
    )
    (folder / RECORD).write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")
    sums = [f"{file.digest}  {path}\n" for path, file in _files(folder).items()]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


def _files(folder: Path) -> dict[str, FileRecord]:
    return {
        path.relative_to(folder).as_posix(): FileRecord(bytes=path.stat().st_size, digest=file_digest(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
