"""A format that a dataset can be handed on in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from ctdspec.bundles.material import Hidden, Public

_SUBMISSION = """\
Fill in submission_template.h5 (`ctdspec export DATASET --format submission-template`), or write the file that
docs/submissions.md of ctdspec describes: rates in Hz of all neurons, held-in and held-out, in the order of
their ids, for every bin of every trial."""


class Format(ABC):
    """A layout of files. What is hidden goes into a folder of its own, which the public bundle lacks."""

    name: ClassVar[str]
    """What `ctdspec export --format` calls it."""
    public_files: ClassVar[str]
    """For the reader: the files that every bundle has."""
    organiser_files: ClassVar[str]
    """For the reader: the files that only the organiser's has, in the folder organiser/."""
    how_to_answer: ClassVar[str] = _SUBMISSION
    """For the reader: what to send back."""
    takes_signals: ClassVar[bool] = False
    """Whether a recording of signals other than spikes may be put in this format."""

    def ensure_available(self) -> None:
        """Do nothing, or raise a UsageError if a package that the format needs is not installed."""
        return

    @abstractmethod
    def write(self, public: Public, folder: Path) -> None:
        """Write the files that anyone may have."""

    @abstractmethod
    def write_hidden(self, public: Public, hidden: Hidden, folder: Path) -> None:
        """Write the files that only the organiser may have."""
