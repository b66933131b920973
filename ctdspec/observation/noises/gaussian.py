"""Gaussian noise on the rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from ctdspec.observation.noise import Noise, Sample, SignalKind


class Gaussian(Noise):
    """Rates with independent Gaussian noise, and no spikes: the simplest recording, or a smoothed one."""

    kind: Literal["gaussian"]
    sd_hz: float = Field(ge=0, le=1e6)
    """Standard deviation of the noise in Hz, the same in every bin."""

    records: ClassVar[Literal["spikes", "signals"]] = "signals"
    signal_kind: ClassVar[SignalKind | None] = "rates"
    emits: ClassVar[bool] = False

    def steps_per_bin(self, bin_s: float) -> int:
        """Give 1: a bin has one value."""
        return 1

    def ensure_realises(self, mean_hz: np.ndarray, peak_hz: float | None, bin_s: float) -> None:
        """Refuse nothing: any rate can have noise."""

    def sample(
        self,
        rates_hz: np.ndarray,
        bin_s: float,
        prepared: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> Sample:
        """Draw the noise and add it to the rates. The values may be negative."""
        signals = rng.standard_normal(rates_hz.shape, np.float32)
        signals *= np.float32(self.sd_hz)
        signals += rates_hz
        return Sample(signals=signals)
