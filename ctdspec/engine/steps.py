"""Steps: what has been done in a dataset's folder, and what must be done again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ctdspec import __version__
from ctdspec.atomic import recover_all
from ctdspec.errors import DatasetError
from ctdspec.store.digest import combined_digest
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.manifest import (
    Manifest,
    StepRecord,
    file_record,
    platform_kind,
    read_manifest,
    size,
    versions,
    write_manifest,
)


@dataclass(frozen=True)
class Made:
    """What a step made."""

    files: Mapping[Path, str | None]
    """Its files, with their content digests where the step knows them already."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the manifest that it settles."""


class Steps:
    """The steps of one dataset. A step that is done is skipped until something it depends on changes.

    The manifest is written after every step, so a run that is killed resumes at the step it had reached.
    """

    def __init__(self, folder: DatasetFolder, name: str, spec: str, seed: int, private: bool = False) -> None:
        self.folder = folder
        recover_all(folder.path)
        before = self._read()
        self.manifest = before.model_copy(
            update={"name": name, "spec": spec, "seed": seed, "private": private}
        )

    def _read(self) -> Manifest:
        """Give the manifest of an earlier run, or an empty one; a damaged one means that nothing is done."""
        try:
            return read_manifest(self.folder.manifest)
        except DatasetError:
            return Manifest(name="", spec="", seed=0)

    def run(self, name: str, depends_on: Mapping[str, str], make: Callable[[], Made]) -> bool:
        """Do a step unless it is done; give whether it had to be.

        Parameters
        ----------
        name
            Name of the step.
        depends_on
            Digests, or short texts, of everything that its result depends on, the code aside.
        make
            Does it. Must put every file in place atomically.
        """
        if self.holds(name, depends_on):
            return False
        start = time.perf_counter()
        made = make()
        self._record(name, _key(name, depends_on), made, time.perf_counter() - start)
        return True

    def holds(self, name: str, depends_on: Mapping[str, str]) -> bool:
        """Say whether a step is done, from all that it depends on as it is now, and its files are there."""
        step = self.manifest.steps.get(name)
        if step is None or step.key != _key(name, depends_on):
            return False
        return all(self._is_there(path) for path in step.outputs)

    def digest(self, name: str) -> str:
        """Give one digest of all that a step made."""
        outputs = self.manifest.steps[name].outputs
        return combined_digest({path: self.manifest.files[path].digest for path in outputs})

    def forget_others(self, names: set[str]) -> None:
        """Drop steps that are no longer part of the plan, and the record of their files; the files stay."""
        kept = {name: step for name, step in self.manifest.steps.items() if name in names}
        if kept.keys() != self.manifest.steps.keys():
            self._update(kept)

    def _is_there(self, output: str) -> bool:
        path, record = self.folder.path / output, self.manifest.files.get(output)
        return record is not None and path.exists() and size(path) == record.bytes

    def _record(self, name: str, key: str, made: Made, seconds: float) -> None:
        outputs = {
            path.relative_to(self.folder.path).as_posix(): digest for path, digest in made.files.items()
        }
        before = self.manifest.steps.get(name)
        for stale in set(before.outputs if before else ()) - set(outputs):
            (self.folder.path / stale).unlink(missing_ok=True)
        files = {output: file_record(self.folder.path / output, digest) for output, digest in outputs.items()}
        self.manifest = self.manifest.model_copy(
            update={
                "files": self.manifest.files | files,
                "versions": versions(),
                "platform": platform_kind(),
                **made.facts,
            }
        )
        step = StepRecord(key=key, outputs=sorted(outputs), seconds=round(seconds, 3))
        self._update(self.manifest.steps | {name: step})

    def _update(self, steps: Mapping[str, StepRecord]) -> None:
        listed = {output for step in steps.values() for output in step.outputs}
        files = {path: record for path, record in sorted(self.manifest.files.items()) if path in listed}
        self.manifest = self.manifest.model_copy(update={"steps": dict(steps), "files": files})
        write_manifest(self.folder.manifest, self.manifest)


def _key(name: str, depends_on: Mapping[str, str]) -> str:
    return combined_digest({**depends_on, "step": name, "code": __version__})
