"""The ledger of a dataset: which steps are done, and what they made. It is the manifest, kept up to date."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ctdspec.atomic import replacing_file, replacing_folder
from ctdspec.engine.reread import Reread
from ctdspec.engine.step import Step
from ctdspec.errors import DatasetError
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.manifest import (
    FileRecord,
    Manifest,
    StepRecord,
    platform_kind,
    read_manifest,
    size,
    versions,
    write_manifest,
)


@dataclass(frozen=True)
class Done:
    """What came of a step.

    Attributes
    ----------
    files
        What it made, by path relative to the dataset's folder.
    facts
        Fields of the manifest that it settles.
    seconds, peak_bytes
        How long it took, and the most memory of its own that its process held meanwhile.
    failure
        Why there is no result; empty if there is one.
    """

    files: Mapping[str, FileRecord]
    facts: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    peak_bytes: int = 0
    failure: str = ""


class Ledger:
    """The manifest of one dataset. It is written after every step, so that a run which is killed resumes."""

    def __init__(self, folder: DatasetFolder) -> None:
        self.folder = folder
        self.manifest = self._read()

    def _read(self) -> Manifest:
        """Give the manifest of an earlier run, or an empty one; a damaged one means that nothing is done."""
        try:
            return read_manifest(self.folder.manifest)
        except DatasetError:
            return Manifest(name="", spec="", seed=0)

    def is_done(self, name: str, key: str) -> bool:
        """Say whether a step was done, with this key, and its files are there, of the size they had."""
        step = self.manifest.steps.get(name)
        return (
            step is not None
            and step.key == key
            and not step.failure
            and all(self._is_there(path) for path in step.outputs)
        )

    def _is_there(self, output: str) -> bool:
        path, record = self.folder.path / output, self.manifest.files.get(output)
        return record is not None and path.exists() and size(path) == record.bytes

    def last_seconds(self, name: str) -> float:
        """Give how long a step took when it was last done, whatever it depended on; 0 if it never was."""
        return self.manifest.steps[name].seconds if name in self.manifest.steps else 0.0

    def is_intact(self, name: str, reread: Reread) -> bool:
        """Read the files of a step again and say whether they are what it made."""
        try:
            return all(
                reread.digest(self.folder.path / output) == self.manifest.files[output].digest
                for output in self.manifest.steps[name].outputs
            )
        except Exception:  # a damaged HDF5 or Zarr file raises almost anything
            return False

    def record(self, step: Step, key: str, done: Done) -> None:
        """Note what a step made; files that it made before and not this time are deleted."""
        before = self.manifest.steps.get(step.name)
        for stale in set(before.outputs if before else ()) - set(done.files):
            (self.folder.path / stale).unlink(missing_ok=True)
        self.manifest = self.manifest.model_copy(
            update={
                "files": {**self.manifest.files, **done.files},
                "versions": versions(),
                "platform": platform_kind(),
                **done.facts,
            }
        )
        record = StepRecord(
            key=key,
            outputs=sorted(done.files),
            facts=sorted(done.facts),
            seconds=round(done.seconds, 3),
            peak_bytes=done.peak_bytes,
            failure=done.failure,
        )
        self._update({**self.manifest.steps, step.name: record})

    def adopt(self, step: Step, key: str, other: Ledger) -> None:
        """Take over what the same step made in another dataset: the files are linked, or else copied."""
        theirs = other.manifest.steps[step.name]
        for output in theirs.outputs:
            _link(other.folder.path / output, self.folder.path / output)
        facts = {name: getattr(other.manifest, name) for name in theirs.facts}
        files = {output: other.manifest.files[output] for output in theirs.outputs}
        self.record(step, key, Done(files, facts, failure=theirs.failure))

    def forget(self, name: str) -> None:
        """Drop a step, if it was ever done; its files stay."""
        self.keep_only(set(self.manifest.steps) - {name})

    def keep_only(self, names: set[str]) -> None:
        """Drop steps that are no longer part of the plan, and the record of their files; the files stay."""
        kept = {name: step for name, step in self.manifest.steps.items() if name in names}
        if kept.keys() != self.manifest.steps.keys():
            self._update(kept)

    def _update(self, steps: Mapping[str, StepRecord]) -> None:
        listed = {output for step in steps.values() for output in step.outputs}
        files = {path: record for path, record in sorted(self.manifest.files.items()) if path in listed}
        self.manifest = self.manifest.model_copy(update={"steps": dict(steps), "files": files})
        write_manifest(self.folder.manifest, self.manifest)


def _link(source: Path, target: Path) -> None:
    """Put a file or a folder in a second place. Nothing is changed in place, so both may be the same."""
    if source.is_dir():
        with replacing_folder(target) as new:
            shutil.copytree(source, new, copy_function=_link_file, dirs_exist_ok=True)
        return
    with replacing_file(target) as new:
        _link_file(source, new)


def _link_file(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
