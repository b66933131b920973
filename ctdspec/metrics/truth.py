"""The truth that an answer is judged by, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ctdspec import scratch
from ctdspec.metrics.model import TrueSystem
from ctdspec.submissions.expected import Expected


@dataclass(frozen=True)
class SplitTruth:
    """What was true in the trials of one split.

    Attributes
    ----------
    latents : (trial, time, latent) float32
        The states of the system.
    rates_hz : (trial, time, neuron) float32
        The rates that made the spikes.
    valid : (trial, time) bool
        Bins that belong to the trial and were recorded. Only `forward` bins are scored besides, and only for
        their spikes.
    spikes : (trial, time, neuron) unsigned integer, optional
        Recorded counts per bin, of all neurons; None if signals were recorded instead.
    observed : (trial, neuron) bool, optional
        Trials in which each neuron was recorded; None for all.
    inputs : (trial, time, input) float32, optional
        What the system received; None if it has no inputs.
    stimulus : (trial, time, input) float32, optional
        What was presented, of which methods may be told: the inputs without their noise.
    outputs : (trial, time, output) float32, optional
        What the system answered; None if it has no outputs.
    events : mapping of (trial, time) bool
        Bins in which events of the task happen, by their names.
    forward : (trial, time) bool, optional
        The last bins of the trial, which the recording leaves out; None if it shows whole trials.
    labels : (trial, time) int64, optional
        Number of the state, of a system with discrete states.
    """

    latents: np.ndarray
    rates_hz: np.ndarray
    valid: np.ndarray
    spikes: np.ndarray | None = None
    observed: np.ndarray | None = None
    inputs: np.ndarray | None = None
    stimulus: np.ndarray | None = None
    outputs: np.ndarray | None = None
    events: Mapping[str, np.ndarray] = field(default_factory=dict)
    forward: np.ndarray | None = None
    labels: np.ndarray | None = None

    @property
    def whole(self) -> np.ndarray:
        """(trial, time) bool: the bins of the trial, recorded or not."""
        return self.valid if self.forward is None else self.valid | self.forward

    def seen(self, neurons: np.ndarray) -> np.ndarray:
        """Give the bins in which some neurons were recorded, (trial, time, neuron or 1) bool.

        Held-out neurons of the test split count as recorded: by the organiser.
        """
        return self._observed(self.valid, neurons)

    def ahead(self, neurons: np.ndarray) -> np.ndarray:
        """Give the bins in which only the organiser recorded them, (trial, time, neuron or 1) bool."""
        return self._observed(np.zeros_like(self.valid) if self.forward is None else self.forward, neurons)

    def _observed(self, bins: np.ndarray, neurons: np.ndarray) -> np.ndarray:
        bins = bins[:, :, None]
        if self.observed is None:
            return bins
        observed = self.observed[:, None, neurons]
        both = scratch.empty((*bins.shape[:2], observed.shape[2]), bool)
        return np.logical_and(bins, observed, out=both)


@dataclass(frozen=True)
class Wiring:
    """Who drives whom.

    Attributes
    ----------
    weights : (neuron, source neuron) float32
        What a spike adds to the log intensity of another neuron, on average over discrete states where it
        depends on them; 0 where there is no edge.
    hubs : (neuron,) bool, optional
        Neurons that speak to many; None if none are declared.
    """

    weights: np.ndarray
    hubs: np.ndarray | None


@dataclass(frozen=True)
class Truth:
    """The truth of a dataset: one `SplitTruth` for each of ``train``, ``val`` and ``test``.

    Attributes
    ----------
    dataset : str
        Digest of the dataset.
    bin_s : float
        Length of a time bin in seconds.
    held_out : (neuron,) bool
        Neurons that are hidden in the test split.
    splits : mapping of SplitTruth
    system : TrueSystem, optional
        What made the latents; None if it is not known.
    wiring : Wiring, optional
        How the neurons are coupled; None if they are not.
    """

    dataset: str
    bin_s: float
    held_out: np.ndarray
    splits: Mapping[str, SplitTruth]
    system: TrueSystem | None = None
    wiring: Wiring | None = None

    @property
    def expected(self) -> Expected:
        """What an answer to the dataset must look like."""
        n_trials = {name: len(split.valid) for name, split in self.splits.items()}
        _, n_bins, n_neurons = self.splits["test"].rates_hz.shape
        stimulus = self.splits["test"].stimulus
        n_stimulus = 0 if stimulus is None else stimulus.shape[2]
        return Expected(self.dataset, n_trials, n_bins, n_neurons, n_stimulus)
