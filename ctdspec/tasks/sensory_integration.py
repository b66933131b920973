"""Integrating one input over time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from ctdspec.spec.node import Node
from ctdspec.spec.placed import PlacedError
from ctdspec.tasks.task import PointEvents, Task, Trials


class Pulse(Node):
    """A stretch of input that stays at one value, or goes straight from one value to another."""

    start_s: float = Field(ge=0, le=3600)
    """Where it begins, in seconds from the start of the trial."""
    end_s: float = Field(gt=0, le=3600)
    """Where it ends, in seconds from the start of the trial."""
    first: float = Field(ge=-1e6, le=1e6)
    """Value at its beginning, in units of the input."""
    last: float = Field(ge=-1e6, le=1e6)
    """Value that it has reached at its end; the same as `first` for a pulse, another for a ramp."""


class SensoryIntegration(Task):
    """Give the integral of one noisy input over time, at every moment (Qian et al. 2024).

    All trials show the same pulses, each with its declared sign or with one drawn by trial. The output that
    is asked for is the sum over bins of input times bin length, the current bin included.
    """

    kind: Literal["sensory_integration"]
    pulses: list[Pulse] = Field(min_length=1, max_length=1000)
    """What the input shows; where pulses overlap they add up."""
    signs: Literal["declared", "random"]
    """Whether pulses have their declared signs in all trials, or are turned over in a random half of them,
    each by itself. With declared signs a network may learn the answer by heart."""
    input_noise_sd: float = Field(ge=0)
    """Standard deviation of the white noise on the input, per bin."""
    integral_of: Literal["input", "stimulus"]
    """What is to be integrated: what the network receives, noise included, as in the paper, or what was
    presented; then even a perfect integrator drifts."""
    tolerance: float = Field(gt=0)
    """Largest error of the output that counts as right, in units of the input times seconds."""

    @model_validator(mode="after")
    def _ensure_pulses_lie_in_the_trial(self) -> SensoryIntegration:
        for number, pulse in enumerate(self.pulses):
            if round(pulse.end_s / self.bin_s) <= round(pulse.start_s / self.bin_s):
                message = f"end_s ({pulse.end_s:g}) must be a bin or more after start_s ({pulse.start_s:g})"
                raise PlacedError(message, ("pulses", number))
            if round(pulse.end_s / self.bin_s) > self.n_bins:
                message = f"end_s ({pulse.end_s:g}) must not be after the end of the trial ({self.trial_s:g})"
                raise PlacedError(message, ("pulses", number))
        return self

    @property
    def input_names(self) -> tuple[str, ...]:
        """The one input."""
        return ("evidence",)

    @property
    def output_names(self) -> tuple[str, ...]:
        """Its integral since the start of the trial."""
        return ("integral",)

    def sample(self, n_trials: int, rng: np.random.Generator, n_bins: int | None = None) -> Trials:
        """Draw trials; `n_bins` fewer than the declared ones cut them short, more are silent at the end."""
        n_bins = n_bins or self.n_bins
        shape = (n_trials, len(self.pulses))
        signs = np.ones(shape) if self.signs == "declared" else rng.choice([-1.0, 1.0], shape)
        stimulus = (signs @ self._courses(n_bins)).astype(np.float32)[..., None]
        inputs = stimulus + np.float32(self.input_noise_sd) * rng.standard_normal(stimulus.shape, np.float32)
        integrated = inputs if self.integral_of == "input" else stimulus
        targets = (np.cumsum(integrated, axis=1, dtype=float) * self.bin_s).astype(np.float32)
        scored = np.ones(targets.shape, bool)
        return Trials(stimulus, inputs, targets, scored, valid=scored[..., 0].copy())

    def events(self, stimulus: np.ndarray) -> Mapping[str, PointEvents]:
        """Give the bins in which the stimulus turns on."""
        on = stimulus[..., 0] != 0
        starts = on & ~np.pad(on, ((0, 0), (1, 0)))[:, :-1]
        return {"stimulus_start": PointEvents("The stimulus turns on.", starts)}

    def accuracy(self, outputs: np.ndarray, trials: Trials) -> np.ndarray:
        """Give the share of scored bins in which the output is off by no more than the tolerance."""
        counts = trials.scored & trials.valid[..., None]
        right = (np.abs(outputs - trials.targets) <= self.tolerance) & counts
        with np.errstate(invalid="ignore"):
            return right.sum(axis=(1, 2)) / counts.sum(axis=(1, 2))

    def ideal_accuracy(self) -> float:
        """Give the expected accuracy of a perfect integrator of the input, in closed form.

        It is the best that can be done by one who does not know the pulses beforehand. If the stimulus is to
        be integrated, the error after n bins is normal with standard deviation σ × bin length × √n.
        """
        if self.integral_of == "input" or self.input_noise_sd == 0:
            return 1.0
        scale = self.tolerance / (self.input_noise_sd * self.bin_s)
        return float(np.mean([math.erf(scale / math.sqrt(2 * n)) for n in range(1, self.n_bins + 1)]))

    def _courses(self, n_bins: int) -> np.ndarray:
        """Give the value of each pulse in each bin, (pulse, time); of a ramp, at the bin's middle."""
        edges = np.array([(pulse.start_s, pulse.end_s) for pulse in self.pulses]) / self.bin_s
        start, end = np.round(edges).T[..., None]
        first, last = np.array([(pulse.first, pulse.last) for pulse in self.pulses]).T[..., None]
        time = np.arange(n_bins)
        course = first + (last - first) * (time + 0.5 - start) / (end - start)
        return np.where((time >= start) & (time < end), course, 0)
