"""Spikes with a refractory period, at the declared rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from ctdspec.observation.point_process import PointProcess, StepTrains, dead_steps

_RECOVERED = 0.999
_MOST_AGES = 400
_ALMOST = 0.99
_SLIDE = 64


class Refractory(PointProcess):
    """Spikes with an absolute and a relative refractory period, at exactly the declared rate in every step.

    In a step in which the last spike is of age a, a neuron fires with probability q × w(a), where w is 0 in
    the dead time and 1 − exp(−(a − dead_s) / recovery_s) after it (Berry & Meister 1998; taken as 1 from
    0.999 on). q is the declared probability of a spike divided by the mean of w over the distribution of
    ages, which is propagated from step to step; so the mean over trials is the declared rate, however
    fast that changes. A trial begins recovered.
    """

    kind: Literal["refractory"]
    dead_s: float = Field(ge=0, le=0.1)
    """Absolute refractory period in seconds: no two spikes of a neuron are closer."""
    recovery_s: float = Field(ge=0, le=0.1)
    """Time constant of the recovery after it, in seconds; 0 for none."""

    @model_validator(mode="after")
    def _ensure_short(self) -> Refractory:
        n_ages = (self.dead_s + self._recovering_s) / self.step_s
        if n_ages > _MOST_AGES:
            raise ValueError(
                f"dead time and recovery take {n_ages:.0f} steps, more than {_MOST_AGES}; set step_s to at"
                f" least {self.step_s * n_ages / _MOST_AGES:.2g}, or shorten dead_s or recovery_s"
            )
        return self

    @property
    def _recovering_s(self) -> float:
        """Time from the end of the dead time until w is taken as 1."""
        return float(-np.log(1 - _RECOVERED) * self.recovery_s)

    def weights(self) -> np.ndarray:
        """Give w (age,) of the ages of 1, 2, … steps until it is 1."""
        n_dead = dead_steps(self.dead_s, self.step_s)
        n_ages = max(n_dead, dead_steps(self.dead_s + self._recovering_s, self.step_s))
        age_s = self.step_s * np.arange(1, n_ages + 1)
        weights = -np.expm1(-np.maximum(age_s - self.dead_s, 0) / max(self.recovery_s, 1e-12))
        weights[:n_dead] = 0
        return weights

    def highest_hz(self, bin_s: float) -> float:
        """Give 99 % of the rate at which q could reach 1.

        The mean of w is at least 1 − p Σ (1 − w), for spikes of probability p per step or less.
        """
        return _ALMOST / (self.step_s * (1 + float(np.sum(1 - self.weights()))))

    def trains(
        self,
        first_hz: np.ndarray,
        bin_s: float,
        prepared: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> RefractoryTrains:
        """Give trains that have recovered from whatever was before."""
        return RefractoryTrains(self, (first_hz.shape[0], first_hz.shape[1]), rng)


class RefractoryTrains(StepTrains):
    """Trains with the ages of their last spikes, drawn and in distribution.

    The distribution is a window (age, trial, neuron) on ages at which w is not yet 1: the probability that
    the last spike was so many steps ago. What is left of 1 has recovered. The window slides towards the start
    of a longer array, so that a step later every probability stands at its next age.
    """

    def __init__(self, law: Refractory, shape: tuple[int, int], rng: np.random.Generator) -> None:
        super().__init__(shape, rng)
        self._step_s = np.float32(law.step_s)
        self._weights = law.weights().astype(np.float32)
        self._n_dead = dead_steps(law.dead_s, law.step_s)
        n_ages = len(self._weights)
        self._by_age = np.append(self._weights, np.float32(1))
        self._age = np.full(shape, n_ages, np.intp)  # whole steps since the step after the last spike
        self._past = np.zeros((n_ages + _SLIDE, *shape), np.float32)
        self._start = _SLIDE
        self._scratch = np.empty((n_ages - self._n_dead, *shape), np.float32)
        self._hazard = np.empty(shape, np.float32)

    def enter(self, rates_hz: np.ndarray) -> None:
        """Begin a bin in which every step expects rate × step spikes."""
        self._expected = rates_hz * self._step_s

    def hazard(self) -> np.ndarray:
        """Give −log(1 − q w(age)), and propagate the distribution of ages over the step."""
        q = self._propagate()
        np.take(self._by_age, self._age, out=self._hazard, mode="clip")
        self._hazard *= q
        np.negative(self._hazard, out=self._hazard)
        np.log1p(self._hazard, out=self._hazard)
        return np.negative(self._hazard, out=self._hazard)

    def remember(self, fired: np.ndarray) -> None:
        """Set the ages."""
        self._age += 1
        np.minimum(self._age, len(self._weights), out=self._age)
        self._age[fired] = 0

    def _propagate(self) -> np.ndarray:
        """Give q (trial, neuron) of the step, and move the window on to the next."""
        window = self._past[self._start : self._start + len(self._weights)]
        q = self._expected / (1 - np.einsum("a,atn->tn", 1 - self._weights, window))
        firing = np.multiply(self._weights[self._n_dead :, None, None], q, out=self._scratch)
        firing *= window[self._n_dead :]
        window[self._n_dead :] -= firing
        if self._start == 0:
            self._past[_SLIDE:] = window
            self._start = _SLIDE
        self._start -= 1
        self._past[self._start] = self._expected
        return q
