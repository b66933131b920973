"""Spike trains under way of neurons that hear each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ctdspec.errors import UsageError
from ctdspec.observation.point_process import StepTrains

if TYPE_CHECKING:
    from ctdspec.observation.noises.glm import GLM

_LOG_RUNAWAY = 20.0


class CoupledTrains(StepTrains):
    """Trains with the state of their filters; an exponential filter needs one number per train."""

    def __init__(
        self,
        law: GLM,
        shape: tuple[int, int],
        prepared: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> None:
        super().__init__(shape, rng)
        self._step_s, self._n_dead = np.float32(law.step_s), law.n_dead
        n = shape[1]
        self._offset = np.exp(prepared["offset"]).astype(np.float32).reshape(-1, n)
        networks = prepared["coupling"].reshape(-1, n, n)
        self._to_others = np.ascontiguousarray(networks.swapaxes(1, 2), np.float32)
        self._labels = iter(prepared["labels"].T) if "labels" in prepared else None
        assert self._labels is not None or len(networks) == 1, "who asks says which state is on"
        self._label = np.zeros(shape[0], int)
        self._coupled = bool(self._to_others.any())
        self._heard_decay = _decay(law.coupling.tau_s, law.step_s)
        self._heard = np.zeros(shape, np.float32)
        self._own = [(np.float32(f.gain), _decay(f.tau_s, law.step_s)) for f in law.post_spike]
        self._owned = np.zeros((len(self._own), *shape), np.float32)
        self._dead = np.zeros(shape, np.int32)
        self._hazard = np.empty(shape, np.float32)

    def enter(self, rates_hz: np.ndarray) -> None:
        """Begin a bin: what its steps expect without any history."""
        if self._labels is not None:
            self._label = next(self._labels)
        self._expected = rates_hz * self._offset[self._label] * self._step_s

    def hazard(self) -> np.ndarray:
        """Give expected × exp(filters), 0 in the dead time."""
        np.copyto(self._hazard, self._heard)
        for state in self._owned:
            self._hazard += state
        if not (most := float(self._hazard.max(initial=0))) <= _LOG_RUNAWAY:
            raise UsageError(unstable(f"filters multiply an intensity by exp({most:.0f})"))
        np.exp(self._hazard, out=self._hazard)
        self._hazard *= self._expected
        self._hazard *= self._dead == 0
        return self._hazard

    def remember(self, fired: np.ndarray) -> None:
        """Let the filters decay, and add the new spikes."""
        spikes = fired.astype(np.float32)
        if self._coupled:
            self._heard *= self._heard_decay
            self._hear(spikes)
        for state, (gain, decay) in zip(self._owned, self._own, strict=True):
            state *= decay
            state[fired] += gain
        if self._n_dead:
            self._dead -= self._dead > 0
            self._dead[fired] = self._n_dead

    def _hear(self, spikes: np.ndarray) -> None:
        """Add what spikes (trial, neuron) do to the others, in the state that each trial is in."""
        if len(self._to_others) == 1:
            self._heard += spikes @ self._to_others[0]
            return
        for state in np.unique(self._label):
            inside = self._label == state
            self._heard[inside] += spikes[inside] @ self._to_others[state]


def _decay(tau_s: float, step_s: float) -> np.float32:
    return np.float32(np.exp(-step_s / tau_s))


def unstable(found: str) -> str:
    """Say that a network is unstable, and what to change."""
    return (
        f"observation.noise: the network of glm is unstable: {found}; lower weight_sd, density or"
        " excitatory of its coupling, positive gains of its post_spike, or the mean of observation.rates"
    )
