"""Leaky integrate-and-fire neurons with escape noise."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from ctdspec.observation.point_process import PointProcess, StepTrains, dead_steps

_LOWEST_HZ = 1e-6
_HIGHEST = 0.9
_RELAXED = 1e-5
_FAR_ABOVE = 2.0
_CURRENTS = 2048
_MOST_STEPS = 500
_LOG_CERTAIN = 4.0  # a hazard of 55: certain to fire


class LeakyIntegrateAndFire(PointProcess):
    """Leaky integrate-and-fire neurons with escape noise (Gerstner & Kistler 2002, section 5.3).

    The membrane u relaxes to the input current with `tau_s`; the intensity is
    escape_hz × exp((u − 1) / width), with the threshold at 1; a spike resets u to 0, where it stays for the
    dead time. The current is the inverse of the stationary f–I curve on these steps at the declared rate: a
    constant rate is met exactly, from the first bin on, and a rate that changes within `tau_s` is followed
    with the lag of the membrane.
    """

    kind: Literal["lif"]
    tau_s: float = Field(gt=0, le=0.5)
    """Time constant of the membrane in seconds."""
    dead_s: float = Field(ge=0, le=0.1)
    """Absolute refractory period in seconds: no two spikes of a neuron are closer."""
    escape_hz: float = Field(ge=1, le=10_000)
    """Intensity at the threshold, in Hz."""
    width: float = Field(ge=0.02, le=2)
    """How far below the threshold the intensity is a factor e lower, with the reset at 0 and the threshold at
    1: small is regular, large is close to Poisson."""

    @model_validator(mode="after")
    def _ensure_short(self) -> LeakyIntegrateAndFire:
        if self.tau_s > _MOST_STEPS * self.step_s:
            raise ValueError(
                f"tau_s is {self.tau_s / self.step_s:.0f} steps, more than {_MOST_STEPS}; set step_s to at"
                f" least {self.tau_s / _MOST_STEPS:.2g}, or shorten tau_s"
            )
        return self

    def __hash__(self) -> int:
        """Laws of equal fields share their f–I curve."""
        return hash(self.model_dump_json())

    @property
    def decay(self) -> float:
        """What a step leaves of the membrane's distance from the current."""
        return float(np.exp(-self.step_s / self.tau_s))

    @property
    def n_dead(self) -> int:
        """Steps of the dead time."""
        return dead_steps(self.dead_s, self.step_s)

    @property
    def n_relaxing(self) -> int:
        """Steps after which the membrane has reached a constant current."""
        return int(np.ceil(-np.log(_RELAXED) * self.tau_s / self.step_s))

    def hazard(self, membrane: np.ndarray) -> np.ndarray:
        """Give the hazard of a step, elementwise; bounded where it is certain to fire."""
        log_hazard = (membrane - 1) / self.width + np.log(self.escape_hz * self.step_s)
        return np.exp(np.minimum(log_hazard, _LOG_CERTAIN))

    def highest_hz(self, bin_s: float) -> float:
        """Give 90 % of the rate at which a neuron fires as soon as its dead time is over."""
        return _HIGHEST / (self.step_s * (self.n_dead + 1))

    def stationary_hz(self, current: np.ndarray) -> np.ndarray:
        """Give the f–I curve: the rates of constant currents (any shape), exact on these steps.

        The mean interval is the sum over steps of the probability that it is not over.
        """
        steps, survival = np.full(current.shape, float(self.n_dead)), np.ones(current.shape)
        for age in range(1, self.n_relaxing + 1):
            steps += survival
            survival = survival * np.exp(-self.hazard(current * (1 - self.decay**age)))
        steps += survival / -np.expm1(-self.hazard(current))
        return 1 / (self.step_s * steps)

    def trains(
        self,
        first_hz: np.ndarray,
        bin_s: float,
        prepared: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> MembraneTrains:
        """Give trains that are stationary at the rates of the first bins."""
        return MembraneTrains(self, first_hz, rng)


@lru_cache(maxsize=16)
def f_i_curve(law: LeakyIntegrateAndFire) -> tuple[np.ndarray, np.ndarray]:
    """Give log rates (in Hz) and currents, ascending, up to the highest rate."""
    lowest = 1 + law.width * np.log(_LOWEST_HZ / law.escape_hz)
    above = _FAR_ABOVE * 1.5 ** np.arange(60)
    highest = above[np.argmax(law.stationary_hz(above) > law.highest_hz(0))]
    near = np.linspace(lowest, _FAR_ABOVE, _CURRENTS, endpoint=False)
    current = np.append(near, np.geomspace(_FAR_ABOVE, 1.5 * highest, _CURRENTS))
    return np.log(law.stationary_hz(current)), current


class MembraneTrains(StepTrains):
    """Trains with their membranes and what is left of their dead times."""

    def __init__(self, law: LeakyIntegrateAndFire, first_hz: np.ndarray, rng: np.random.Generator) -> None:
        super().__init__((first_hz.shape[0], first_hz.shape[1]), rng)
        self._law = law
        self._gain = np.float32(1 - law.decay)
        self._offset = np.float32(np.log(law.escape_hz * law.step_s) - 1 / law.width)
        self.enter(first_hz)
        self._begin(first_hz, rng)
        self._hazard = np.empty(first_hz.shape, np.float32)
        self._free = np.empty(first_hz.shape, bool)

    def enter(self, rates_hz: np.ndarray) -> None:
        """Begin a bin: set the currents. A rate of 0 has no current, and no spike."""
        log_hz, current = f_i_curve(self._law)
        self._spiking = rates_hz > 0
        log_rates = np.log(np.maximum(rates_hz, _LOWEST_HZ, dtype=np.float64))
        self._current = np.where(self._spiking, np.interp(log_rates, log_hz, current), 0).astype(np.float32)

    def hazard(self) -> np.ndarray:
        """Move the membranes, and give the hazards."""
        np.subtract(self._current, self._membrane, out=self._hazard)
        self._hazard *= self._gain
        self._membrane += self._hazard
        np.equal(self._dead, 0, out=self._free)
        self._membrane *= self._free
        self._free &= self._spiking
        np.multiply(self._membrane, np.float32(1 / self._law.width), out=self._hazard)
        self._hazard += self._offset
        np.minimum(self._hazard, np.float32(_LOG_CERTAIN), out=self._hazard)
        np.exp(self._hazard, out=self._hazard)
        self._hazard *= self._free
        return self._hazard

    def remember(self, fired: np.ndarray) -> None:
        """Reset the membranes of those who fired, and begin their dead times."""
        self._dead -= self._dead > 0
        self._dead[fired] = self._law.n_dead
        self._membrane[fired] = 0

    def _begin(self, first_hz: np.ndarray, rng: np.random.Generator) -> None:
        """Draw where in an interval each train is: each of its steps with the chance that it lasts so long.

        The chances of all steps add up to the mean interval, which the rate gives.
        """
        law = self._law
        with np.errstate(divide="ignore"):
            place = rng.random(first_hz.shape) / (first_hz.astype(np.float64) * law.step_s)
        self._dead = np.where(place < law.n_dead, law.n_dead - np.floor(place), 0).astype(np.int32)
        self._membrane = np.where(self._dead > 0, np.float32(0), self._current)
        survival = np.ones(first_hz.shape)
        place -= law.n_dead
        waiting = place >= 0
        for age in range(law.n_relaxing):
            here = waiting & (place < survival)
            self._membrane[here] = (self._current * (1 - law.decay**age))[here]
            waiting &= ~here
            place -= survival
            survival *= np.exp(-law.hazard(self._current * (1 - law.decay ** (age + 1))))
