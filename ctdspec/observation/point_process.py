"""What a point process is: spikes that depend on the spikes before them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from ctdspec.errors import UsageError
from ctdspec.observation.noise import Hidden, Noise, Sample

_TOGETHER = 1 << 14


class Trains(ABC):
    """Spike trains under way: what a law remembers of some trials, (trial, neuron), from bin to bin."""

    @abstractmethod
    def advance(self, rates_hz: np.ndarray, spikes: np.ndarray) -> np.ndarray:
        """Advance by one bin.

        Parameters
        ----------
        rates_hz : (trial, neuron) float32
            The rates of the bin.
        spikes : (trial, step, neuron) uint16
            Where the counts of the bin's steps are written.

        Returns
        -------
        (trial, neuron)
            What the compensator, the integral of the conditional intensity, grows by.
        """


class StepTrains(Trains):
    """Trains of at most one spike per step: in a step of hazard h, one fires with probability 1 − exp(−h).

    So h is the integral of the conditional intensity over the step. A train fires when a standard exponential
    wait is shorter than h; waits are drawn as float64, whose small values are fine enough for any rate.
    """

    def __init__(self, shape: tuple[int, int], rng: np.random.Generator) -> None:
        self._rng = rng
        self._waits = np.empty(shape)
        self._fired = np.empty(shape, bool)

    @abstractmethod
    def enter(self, rates_hz: np.ndarray) -> None:
        """Begin a bin of rates (trial, neuron)."""

    @abstractmethod
    def hazard(self) -> np.ndarray:
        """Give the hazards (trial, neuron) float32 of the next step."""

    @abstractmethod
    def remember(self, fired: np.ndarray) -> None:
        """Take in who fired in the step, (trial, neuron) bool."""

    def steps(self, rates_hz: np.ndarray, n_steps: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Give who fired and the hazards of a bin, step by step; good until the next is asked for."""
        self.enter(rates_hz)
        for _ in range(n_steps):
            hazard = self.hazard()
            self._rng.standard_exponential(out=self._waits)
            np.less(self._waits, hazard, out=self._fired)
            self.remember(self._fired)
            yield self._fired, hazard

    def advance(self, rates_hz: np.ndarray, spikes: np.ndarray) -> np.ndarray:
        """Advance by one bin, step by step."""
        total = np.zeros(rates_hz.shape, np.float32)
        for step, (fired, hazard) in enumerate(self.steps(rates_hz, spikes.shape[1])):
            spikes[:, step] = fired
            total += hazard
        return total


class PointProcess(Noise):
    """A law of spikes that depend on the spikes before them.

    It works on steps of `step_s`. `intensity_hz` is the exact conditional intensity given the law's own
    history: the compensator's increment over the bin, divided by the bin's length. By the time-rescaling
    theorem it makes the spikes a Poisson process of rate 1 (Brown et al. 2002; Haslinger et al. 2010 for
    steps).
    """

    records: ClassVar[Literal["spikes"]] = "spikes"
    hidden: ClassVar[tuple[Hidden, ...]] = (
        Hidden(
            "intensity_hz",
            "time neuron",
            "Hz",
            "conditional intensity given the spikes emitted before, mean over the bin",
        ),
    )

    step_s: float = Field(ge=1e-6, le=0.1)
    """Length of the steps in which the law works, in seconds; a bin must hold a whole number of them."""

    @abstractmethod
    def highest_hz(self, bin_s: float) -> float:
        """Give the rate above which the law cannot keep up."""

    @abstractmethod
    def trains(
        self,
        first_hz: np.ndarray,
        bin_s: float,
        prepared: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> Trains:
        """Give trains at the start of trials whose first bins have the rates (trial, neuron) `first_hz`."""

    def steps_per_bin(self, bin_s: float) -> int:
        """Give the number of steps in a bin.

        Raises
        ------
        ValueError
            If a bin is not a whole number of steps.
        """
        ratio = bin_s / self.step_s
        n_steps = max(round(ratio), 1)
        if abs(ratio - n_steps) > 1e-6 * n_steps:
            fitting = " or ".join(f"{bin_s / n:.6g}" for n in sorted({int(ratio) or 1, int(ratio) + 1}))
            raise ValueError(
                f"observation.noise.step_s: a bin of {bin_s:g} s is not a whole number of steps of"
                f" {self.step_s:g} s; set step_s to {fitting}"
            )
        return n_steps

    def ensure_realises(self, mean_hz: np.ndarray, peak_hz: float | None, bin_s: float) -> None:
        """Refuse means, or a declared peak, above what the law can keep up with."""
        self.steps_per_bin(bin_s)
        for name, found in (("mean", mean_hz.max(initial=0)), ("peak", peak_hz or 0)):
            if not found <= self.highest_hz(bin_s):
                raise ValueError(self._too_high(f"a {name} rate", float(found), bin_s))

    def sample(
        self,
        rates_hz: np.ndarray,
        bin_s: float,
        prepared: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> Sample:
        """Draw spikes and their conditional intensity.

        Raises
        ------
        UsageError
            If a rate is higher than the law can keep up with.
        """
        n_steps = self.steps_per_bin(bin_s)
        if rates_hz.size and not rates_hz.max() <= self.highest_hz(bin_s):
            raise UsageError(self._too_high("the rate of some bin", float(rates_hz.max()), bin_s))
        n_trials, n_bins, n_neurons = rates_hz.shape
        spikes = np.zeros((n_trials, n_bins * n_steps, n_neurons), np.uint16)
        intensity_hz = np.empty(rates_hz.shape, np.float32)
        for some in together(n_trials, n_neurons):
            trains = self.trains(rates_hz[some, 0], bin_s, prepared, rng)
            for t in range(n_bins):
                steps = spikes[some, t * n_steps : (t + 1) * n_steps]
                intensity_hz[some, t] = trains.advance(rates_hz[some, t], steps)
        intensity_hz /= np.float32(bin_s)
        return Sample(spikes=spikes, hidden={"intensity_hz": intensity_hz})

    def _too_high(self, what: str, found_hz: float, bin_s: float) -> str:
        return (
            f"observation.rates: {what} is {found_hz:.4g} Hz; observation.noise ({self.kind}) with these"
            f" settings can realise at most {self.highest_hz(bin_s):.4g} Hz; lower the mean or the gain of"
            " observation.rates, or shorten the times of observation.noise"
        )


def together(n_trials: int, n_neurons: int) -> Iterator[slice]:
    """Give the trials that advance together: as many as keep the state of their trains in cache."""
    n_together = max(_TOGETHER // max(n_neurons, 1), 1)
    for start in range(0, n_trials, n_together):
        yield slice(start, start + n_together)


def dead_steps(dead_s: float, step_s: float) -> int:
    """Give the steps after a spike in which there can be none, so that no interval is under the dead time.

    A spike lies anywhere in its step: two spikes n steps apart may be as close as n − 1 steps.
    """
    return int(np.ceil(dead_s / step_s - 1e-9))
