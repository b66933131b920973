"""What a noise model is: the law by which rates make spikes, or signals."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

from ctdspec.spec.component import Component

RatesBlocks = Callable[[], Iterable[np.ndarray]]
"""Gives, whenever called, the rates of the train trials by blocks: (trial, time, neuron) float32 in Hz."""


SignalKind = Literal["fluorescence", "rates"]
"""What kind of signal a recording without spikes has, which says where an NWB file puts it."""


@dataclass(frozen=True)
class Hidden:
    """A variable of the truth that a law makes, trial by trial, beside what is recorded."""

    name: str
    dims: str
    """Axes after `trial`, as in ``"time neuron"``."""
    units: str
    description: str


@dataclass(frozen=True)
class Sample:
    """What a law makes of a block of trials.

    Attributes
    ----------
    spikes : (trial, step, neuron) uint16, optional
        Spikes per step; a bin has `Noise.steps_per_bin` steps. None for a law that knows no spikes.
    signals : (trial, time, neuron) float32, optional
        What is recorded instead of spikes, by a law whose `records` is ``signals``.
    hidden : mapping
        Float32 arrays, one for each of the law's `hidden` variables, by name.
    """

    spikes: np.ndarray | None = None
    signals: np.ndarray | None = None
    hidden: Mapping[str, np.ndarray] = field(default_factory=dict)


class Noise(Component):
    """The law that turns rates into what is recorded.

    A bin whose rate is exactly 0 has no spike, whatever the law: so padding is silent.
    """

    family: ClassVar[str] = "noise"
    records: ClassVar[Literal["spikes", "signals"]]
    """What an experimenter gets: sorted spikes, or one continuous signal per neuron and bin."""
    signal_kind: ClassVar[SignalKind | None] = None
    """What the signals are, for a law that records them."""
    emits: ClassVar[bool] = True
    """Whether there are spikes at all, recorded or not."""
    hidden: ClassVar[tuple[Hidden, ...]] = ()
    """What a sample holds beside the recording, for the record of the truth."""

    @property
    def discrete_states(self) -> int | None:
        """Number of discrete states that the system must have; None if the law asks for none."""
        return None

    @abstractmethod
    def steps_per_bin(self, bin_s: float) -> int:
        """Give the number of steps that a bin is divided into; 1 for a law of counts per bin.

        Raises
        ------
        ValueError
            If the law cannot work on bins of this length.
        """

    @abstractmethod
    def ensure_realises(self, mean_hz: np.ndarray, peak_hz: float | None, bin_s: float) -> None:
        """Refuse rates that the law cannot realise, before anything is simulated.

        Parameters
        ----------
        mean_hz : (neuron,)
            Mean rate of every neuron over the train trials.
        peak_hz
            The rate that the spec declares as the highest, if it does.
        bin_s
            Length of a bin in seconds.

        Raises
        ------
        ValueError
            With the limit, and what to change.
        """

    def prepare(
        self, train: RatesBlocks, n_neurons: int, bin_s: float, rng: np.random.Generator
    ) -> dict[str, np.ndarray]:
        """Draw, and fit to the train trials, what belongs to the neurons: filters, couplings, offsets.

        They are given back to `sample`, and recorded in the truth as ``noise/<name>``. A law whose fields say
        everything, as most do, gives nothing and does not call `train`.
        """
        return {}

    @abstractmethod
    def sample(
        self,
        rates_hz: np.ndarray,
        bin_s: float,
        prepared: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> Sample:
        """Draw what is recorded of rates (trial, time, neuron) float32.

        Trials are independent: none has a history from before its first bin.

        Raises
        ------
        UsageError
            If a rate is one that the law cannot realise: place, limit, what to change.
        """

    def sample_in(
        self,
        latents: np.ndarray,
        rates_hz: np.ndarray,
        bin_s: float,
        prepared: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> Sample:
        """Draw what is recorded while the system is in states (trial, time, latent); errors as in `sample`.

        Most laws follow from the rates alone.
        """
        return self.sample(rates_hz, bin_s, prepared, rng)


class CountNoise(Noise):
    """A law of independent counts: given the rates, bins know nothing of each other."""

    records: ClassVar[Literal["spikes"]] = "spikes"

    @abstractmethod
    def counts(self, expected: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw counts, uint16, whose means are `expected` (any shape) float32; errors as in `sample`."""

    def steps_per_bin(self, bin_s: float) -> int:
        """Give 1: where in its bin a spike falls is left to chance."""
        return 1

    def sample(
        self,
        rates_hz: np.ndarray,
        bin_s: float,
        prepared: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> Sample:
        """Draw the counts of the bins."""
        return Sample(spikes=self.counts(rates_hz * np.float32(bin_s), rng))
