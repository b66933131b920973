"""What a data model is."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

from ctdspec.spec.component import Component
from ctdspec.spec.node import Name
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import Answer


class Method(Component):
    """A data model: it sees what an experimenter sees, and answers with rates and states."""

    family: ClassVar[str] = "data_model"

    reads: ClassVar[frozenset[Literal["spikes", "signals"]]] = frozenset({"spikes"})
    """The recordings that it can be fitted to."""

    name: Name
    """What the answer is called in tables and files."""

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
