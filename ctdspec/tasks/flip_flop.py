"""The n-bit flip-flop."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from ctdspec.tasks.task import Task, Trials


class FlipFlop(Task):
    """Remember the sign of the last pulse on each of several channels (Sussillo & Barak 2013).

    Every bin of every channel carries a pulse of +1 or of -1 with a given probability each. The target of a
    channel changes to the sign of a pulse in the bin of the pulse. Before its first pulse a channel has
    nothing to remember: its target is NaN and nothing is scored.
    """

    kind: Literal["flip_flop"]
    bits: int = Field(ge=1, le=64)
    """Number of channels, each with one bit of memory."""
    pulse_probability: float = Field(gt=0, le=0.5)
    """Probability of a pulse, per bin and sign."""
    quiet_s: float = Field(ge=0)
    """Time without pulses at the start of a trial, in seconds."""
    input_noise_sd: float = Field(ge=0)
    """Standard deviation of the white noise on what the network receives, per bin."""
    switch_mask_bins: int = Field(ge=0)
    """Bins that do not count after a switch of a bit, the bin of the switch being the first of them."""

    @model_validator(mode="after")
    def _ensure_pulses_have_time(self) -> FlipFlop:
        if self.quiet_s >= self.trial_s:
            raise ValueError(f"quiet_s ({self.quiet_s:g}) must be shorter than trial_s ({self.trial_s:g})")
        return self

    @property
    def input_names(self) -> tuple[str, ...]:
        """One channel of pulses per bit."""
        return tuple(f"pulse_{bit}" for bit in range(self.bits))

    @property
    def output_names(self) -> tuple[str, ...]:
        """One remembered sign per bit."""
        return tuple(f"bit_{bit}" for bit in range(self.bits))

    def sample(self, n_trials: int, rng: np.random.Generator, n_bins: int | None = None) -> Trials:
        """Draw trials of independent channels."""
        n_bins = n_bins or self.n_bins
        shape = (n_trials, n_bins, self.bits)
        draw = rng.random(shape, np.float32)
        stimulus = (draw < self.pulse_probability).astype(np.float32)
        stimulus -= draw >= np.float32(1 - self.pulse_probability)
        stimulus[:, : round(self.quiet_s / self.bin_s)] = 0
        noise = rng.standard_normal(shape, np.float32)
        noise *= np.float32(self.input_noise_sd)

        targets, since_switch = _remember(stimulus)
        return Trials(
            stimulus=stimulus,
            inputs=stimulus + noise,
            targets=targets,
            scored=(since_switch >= self.switch_mask_bins) & ~np.isnan(targets),
            valid=np.ones(shape[:2], bool),
        )

    def accuracy(self, outputs: np.ndarray, trials: Trials) -> np.ndarray:
        """Give the share of bins in which every scored bit has the right sign."""
        right = (np.sign(outputs) == trials.targets) | ~trials.scored
        counts = (trials.scored.any(axis=2) & trials.valid).astype(float)
        with np.errstate(invalid="ignore"):
            return (right.all(axis=2) * counts).sum(axis=1) / counts.sum(axis=1)


def _remember(stimulus: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the last pulse (NaN before the first) and the bins since it changed, like stimulus in shape."""
    bins = np.arange(stimulus.shape[1], dtype=np.int32)[:, None]
    last_pulse = np.maximum.accumulate(np.where(stimulus != 0, bins, -1), axis=1)
    memory = np.take_along_axis(stimulus, np.maximum(last_pulse, 0), axis=1)
    memory = np.where(last_pulse >= 0, memory, np.float32(np.nan))

    before = np.concatenate([np.full_like(memory[:, :1], np.nan), memory[:, :-1]], axis=1)
    switched = (memory != before) & ~np.isnan(memory)
    last_switch = np.maximum.accumulate(np.where(switched, bins, -len(bins)), axis=1)
    return memory, bins - last_switch
