"""What a data model is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from ctdspec.spec.component import Component
from ctdspec.spec.digest import digest
from ctdspec.spec.node import Name
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import Answer
from ctdspec.track import Track, silent


@dataclass(frozen=True)
class Given:
    """What a data model may work with: the public part of a dataset, and a place for its own files."""

    recording: Recording
    """The public part, in bins."""
    write_bundle: Callable[[Path, str], None]
    """Writes the public part into a new folder, in one of the formats of `ctdspec export`."""
    log: Path
    """Where a program's output goes, if one is run."""
    track: Track = silent
    """Told how far a fit is."""

    @property
    def folder(self) -> Path:
        """The data model's own folder, in which it may keep a checkpoint and a report of its fit."""
        return self.log.parent


class Method(Component):
    """A data model: it sees what an experimenter sees, and answers with rates and states."""

    family: ClassVar[str] = "data_model"

    reads: ClassVar[frozenset[Literal["spikes", "signals"]]] = frozenset({"spikes"})
    """The recordings that it can be fitted to."""

    looks_ahead: ClassVar[bool] = False
    """Whether it answers by itself for bins that the test recording leaves out. A method that does not is
    given test trials without them, and its answer is continued (`ctdspec.methods.ahead`)."""

    name: Name
    """What the answer is called in tables and files."""
    optional: bool | None = None
    """Whether it is fitted only if ``--methods`` asks for it, for what takes long; no, if left out."""

    @abstractmethod
    def fit(self, recording: Recording, seed: int) -> Answer:
        """Fit to the train and validation trials and answer for every split.

        Parameters
        ----------
        recording
            The public part of a dataset. The truth is out of reach by design.
        seed
            The seed of the spec; random draws come from ``stream(seed, "methods/<name>/…")``.
        """

    def answer(self, given: Given, seed: int) -> Answer:
        """Answer a dataset. A method that needs more than the recording does so here.

        Raises
        ------
        MethodError
            If its program failed; other methods can go on.
        """
        return self.fit(given.recording, seed)

    @property
    def identity(self) -> str:
        """Digest of what the spec says of its answer: all but whether it is optional."""
        return digest(self.model_copy(update={"optional": None}))

    @property
    def sources(self) -> tuple[Path, ...]:
        """Files and folders that the answer depends on, beside the spec and the data."""
        return ()
