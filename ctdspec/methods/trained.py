"""Data models that are trained by gradient descent."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ctdspec.methods.extra import ensure_installed
from ctdspec.methods.fitting import Fitting
from ctdspec.methods.method import Given, Method
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import Answer, Scalar
from ctdspec.track import Track, silent

if TYPE_CHECKING:
    from ctdspec.methods._sequential import SequentialModel

REPORT = "fit.json"
"""What a fit leaves beside the answer: its course, its budget and its wall time."""


@dataclass(frozen=True)
class Sizes:
    """What a model has to fit: neurons in the model's order, the visible ones first.

    Attributes
    ----------
    n_visible : int
        Neurons whose spikes the model sees.
    mean_counts : (neuron,) float64
        Mean spikes per bin of all neurons in the train trials, above 0.
    n_inputs : int
        Channels of the stimulus.
    n_bins : int
        Bins of a trial.
    """

    n_visible: int
    mean_counts: np.ndarray
    n_inputs: int
    n_bins: int


class Trained(Method):
    """A network that is fitted to spikes. A kind says what the network is; how it is fitted is the same."""

    fitting: Fitting
    """How it is trained."""

    @property
    @abstractmethod
    def given_inputs(self) -> bool:
        """Whether the network sees the stimulus."""

    @property
    def declared(self) -> Mapping[str, Scalar]:
        """What of the spec a reader of the answer must know; it stands in the answer's parameters."""
        return {}

    @abstractmethod
    def network(self, sizes: Sizes, seed: int) -> SequentialModel:
        """Build the network with the weights that training starts from.

        Called while PyTorch's own generator is seeded for it, so that modules which draw their first weights
        there always draw the same; weights that NumPy draws come from ``stream(seed, "methods/<name>/…")``.
        """

    def fit(self, recording: Recording, seed: int) -> Answer:
        """Train and answer, without a checkpoint; see `ctdspec.methods._fitting.fit`."""
        return self._fit(recording, seed, None, silent)

    def answer(self, given: Given, seed: int) -> Answer:
        """Train, or go on from a checkpoint that an interrupted run left, and answer.

        Raises
        ------
        MethodError
            If PyTorch is missing, training diverges, or the checkpoint is damaged.
        """
        return self._fit(given.recording, seed, given.folder, given.track)

    def _fit(self, recording: Recording, seed: int, folder: Path | None, track: Track) -> Answer:
        ensure_installed(("torch", "lightning"), "train")
        from ctdspec.methods._fitting import fit

        return fit(self, recording, seed, folder, track)
