"""The n-bit flip-flop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ctdspec.tasks.task import PointEvents, Task, Trials


class FlipFlop(Task):
    """Remember the sign of the last pulse on each of several channels (Sussillo & Barak 2013).

    Every bin of every channel carries a pulse of +1 or of -1 with a given probability each. The target of a
    channel changes to the sign of a pulse in the bin of the pulse. Before its first pulse a channel has
    nothing to remember: its target is NaN and nothing is scored.
    """

    independent_bins: ClassVar[bool] = True

    kind: Literal["flip_flop"]
    bits: int = Field(ge=1, le=64)
    """Number of channels, each with one bit of memory."""
    pulse_probability: float = Field(gt=0, le=0.5)
    """Probability of a pulse, per bin and sign."""
    quiet_s: float = Field(ge=0, le=3600)
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
        shape = (n_trials, n_bins or self.n_bins, self.bits)
        stimulus = self._pulses(shape, rng)
        inputs = rng.standard_normal(shape, np.float32)
        inputs *= np.float32(self.input_noise_sd)
        inputs += stimulus
        targets, scored = _remember(stimulus, self.switch_mask_bins)
        return Trials(stimulus, inputs, targets, scored, valid=np.ones(shape[:2], bool))

    def _pulses(self, shape: tuple[int, int, int], rng: np.random.Generator) -> np.ndarray:
        """Draw pulses (trial, time, bit) of +1 and -1, none in the quiet time."""
        # Whole 32-bit words: cheaper than uniform floats, and even rare pulses have their exact probability.
        words = rng.integers(0, 2**32, shape, np.uint32)
        positive = round(self.pulse_probability * 2**32)
        stimulus = (words < positive).astype(np.float32)
        stimulus -= words >= 2**32 - positive
        stimulus[:, : round(self.quiet_s / self.bin_s)] = 0
        return stimulus

    def events(self, stimulus: np.ndarray) -> Mapping[str, PointEvents]:
        """Give the pulses, by channel and sign."""
        return {
            f"{name}_{way}": PointEvents(
                f"Pulse of {sign:+d} on channel {bit}.", stimulus[..., bit] * sign > 0
            )
            for bit, name in enumerate(self.input_names)
            for way, sign in (("up", 1), ("down", -1))
        }

    def accuracy(self, outputs: np.ndarray, trials: Trials) -> np.ndarray:
        """Give the share of bins in which every scored bit has the right sign."""
        right = (np.sign(outputs) == trials.targets) | ~trials.scored
        counts = (trials.scored.any(axis=2) & trials.valid).astype(float)
        with np.errstate(invalid="ignore"):
            return (right.all(axis=2) * counts).sum(axis=1) / counts.sum(axis=1)


def _remember(stimulus: np.ndarray, mask_bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the targets and where they are scored, both (trial, time, bit), from the pulses.

    Each channel of each trial is cut into runs of one target: the first without one, the others starting at
    a switch. The runs are few, so everything but their expansion works on short arrays.
    """
    n_trials, n_bins, bits = stimulus.shape
    pulses = np.flatnonzero(stimulus != 0)
    trial, bin_and_bit = np.divmod(pulses, n_bins * bits)
    time, bit = np.divmod(bin_and_bit, bits)
    channel = trial * bits + bit
    position = channel * n_bins + time
    by_channel = np.argsort(position)
    channel, position = channel[by_channel], position[by_channel]
    sign = stimulus.ravel()[pulses][by_channel]

    switch = np.ones(len(sign), bool)
    switch[1:] = (sign[1:] != sign[:-1]) | (channel[1:] != channel[:-1])
    starts = np.concatenate([np.arange(n_trials * bits) * n_bins, position[switch]])
    values = np.concatenate([np.full(n_trials * bits, np.nan, np.float32), sign[switch]])
    by_start = np.argsort(starts, kind="stable")
    starts, values = starts[by_start], values[by_start]
    lengths = np.diff(starts, append=stimulus.size)

    masked = np.where(np.isnan(values), lengths, np.minimum(mask_bins, lengths))
    targets = np.repeat(values, lengths)
    scored = np.repeat(
        np.tile([False, True], len(values)), np.column_stack([masked, lengths - masked]).ravel()
    )
    return _by_bin(targets, stimulus.shape), _by_bin(scored, stimulus.shape)


def _by_bin(channels: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Arrange values that lie in the order (trial, bit, time) as (trial, time, bit)."""
    n_trials, n_bins, bits = shape
    return np.ascontiguousarray(channels.reshape(n_trials, bits, n_bins).transpose(0, 2, 1))
