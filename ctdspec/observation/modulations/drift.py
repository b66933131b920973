"""Slow drift of single neurons."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.observation.modulation import Modulation


class Drift(Modulation):
    """Each neuron's gain wanders from trial to trial, by itself, as excitability and electrodes do.

    The log gain x is a stationary Ornstein–Uhlenbeck process seen once per trial: standard deviation `log_sd`
    and correlation exp(−Δ / `timescale_trials`) between trials that are Δ apart. The factor is
    exp(x − log_sd²/2).
    """

    kind: Literal["drift"]
    log_sd: float = Field(gt=0, le=2)
    """Standard deviation of the logarithm of the gain, over a long time."""
    timescale_trials: float = Field(gt=0, le=1e6)
    """Trials after which the correlation of the log gain has fallen to 1/e."""

    def factors(self, n_trials: int, population: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw the factors (trial, neuron)."""
        from scipy.signal import lfilter

        kept = np.exp(-1 / self.timescale_trials)
        steps = self.log_sd * rng.standard_normal((n_trials, len(population)))
        steps[1:] *= np.sqrt(-np.expm1(-2 / self.timescale_trials))
        log_gain = np.asarray(lfilter([1.0], [1.0, -kept], steps, axis=0))
        return np.exp(log_gain - self.log_sd**2 / 2).astype(np.float32)
