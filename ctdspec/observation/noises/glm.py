"""Spikes of a population coupled by post-spike and coupling filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.errors import UsageError
from ctdspec.observation.coupled_trains import CoupledTrains, unstable
from ctdspec.observation.coupling import Coupling
from ctdspec.observation.noise import RatesBlocks, Sample
from ctdspec.observation.point_process import PointProcess, dead_steps, together
from ctdspec.seeds import stream
from ctdspec.spec.node import Node

_TOLERANCE = 0.003
_MOST_PASSES = 25
_FITTED_ON_S = 600.0
_MOST_SHARE = 0.5


class PostSpike(Node):
    """One exponential of the filter that a neuron's own spikes pass."""

    gain: float = Field(ge=-20, le=5)
    """What a spike adds to the log intensity of its own neuron one step later; below 0 is refractory."""
    tau_s: float = Field(gt=0, le=1)
    """Time constant with which that decays, in seconds."""


class GLM(PointProcess):
    """A population with post-spike and coupling filters (Pillow et al. 2008).

    The intensity is rate × exp(offset + filtered own spikes + filtered spikes of others), and 0 in the dead
    time. The offsets, one per neuron, are fitted by simulation so that the mean rates over the train trials
    are the declared ones. Within a trial the filters shape the rates; it begins with nothing to filter.

    Couplings that switch with the discrete state of the system are those of the bin in which a spike falls.
    Each state has offsets of its own, with which its couplings alone would give the declared means.
    """

    kind: Literal["glm"]
    dead_s: float = Field(ge=0, le=0.1)
    """Absolute refractory period in seconds: no two spikes of a neuron are closer."""
    post_spike: list[PostSpike] = Field(max_length=8)
    """The post-spike filter, as a sum of exponentials; it may be empty."""
    coupling: Coupling
    """How neurons are coupled."""

    @property
    def n_dead(self) -> int:
        """Steps of the dead time."""
        return dead_steps(self.dead_s, self.step_s)

    def highest_hz(self, bin_s: float) -> float:
        """Give the rate of a neuron that fires as soon as its dead time is over."""
        return 1 / (self.step_s * (self.n_dead + 1))

    def ensure_realises(self, mean_hz: np.ndarray, peak_hz: float | None, bin_s: float) -> None:
        """Refuse also means of more than half the highest rate, which no offset may reach."""
        super().ensure_realises(mean_hz, peak_hz, bin_s)
        if not mean_hz.max(initial=0) <= (limit := _MOST_SHARE * self.highest_hz(bin_s)):
            raise ValueError(
                f"observation.rates: a mean rate is {mean_hz.max():.4g} Hz; observation.noise (glm) with this"
                f" dead_s and step_s can realise a mean of at most {limit:.4g} Hz; lower the mean of"
                " observation.rates, or dead_s and step_s of observation.noise"
            )

    def prepare(
        self, train: RatesBlocks, n_neurons: int, bin_s: float, rng: np.random.Generator
    ) -> dict[str, np.ndarray]:
        """Draw the coupling, and fit the offsets to the train trials.

        Returns
        -------
        mapping
            ``coupling`` (neuron, source neuron) and ``offset`` (neuron,), float32, both with an axis of
            states in front if couplings switch; with hubs, ``hubs`` (neuron,) bool.

        Raises
        ------
        UsageError
            If the network is unstable, no offsets give the declared means within 1 %, or more hubs are
            declared than neurons.
        """
        hubs = self.coupling.draw_hubs(n_neurons, rng)
        coupling = self.coupling.draw(hubs, rng)
        rates_hz = _fitted_on(train, bin_s)
        networks = coupling.reshape(-1, n_neurons, n_neurons)
        offset = np.stack([self._fit_offsets(network, rates_hz, bin_s, rng) for network in networks])
        found = {"coupling": coupling, "offset": offset if coupling.ndim == 3 else offset[0]}
        return found if self.coupling.hubs is None else {**found, "hubs": hubs}

    @property
    def discrete_states(self) -> int | None:
        """Those that the couplings switch with."""
        return self.coupling.states

    def sample_in(
        self,
        latents: np.ndarray,
        rates_hz: np.ndarray,
        bin_s: float,
        prepared: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> Sample:
        """Draw as `sample` does, with the couplings of the discrete states that the latents tell."""
        if self.coupling.states is None:
            return self.sample(rates_hz, bin_s, prepared, rng)
        labels = latents.argmax(axis=2)
        parts = [
            self.sample(rates_hz[some], bin_s, {**prepared, "labels": labels[some]}, rng)
            for some in together(len(rates_hz), rates_hz.shape[2])
        ]
        hidden = {name: np.concatenate([part.hidden[name] for part in parts]) for name in parts[0].hidden}
        return Sample(
            np.concatenate([part.spikes for part in parts if part.spikes is not None]), hidden=hidden
        )

    def trains(
        self,
        first_hz: np.ndarray,
        bin_s: float,
        prepared: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> CoupledTrains:
        """Give trains that nobody has fired in yet."""
        return CoupledTrains(self, (first_hz.shape[0], first_hz.shape[1]), prepared, rng)

    def _response(self, coupling: np.ndarray, mean_hz: np.ndarray) -> np.ndarray:
        """Give how the log rates (neuron,) move with those of the sources: the mean field, (neuron, source).

        Raises
        ------
        UsageError
            If a change of the rates would grow by itself.
        """
        own = sum((f.gain * _area(f.tau_s, self.step_s) for f in self.post_spike), -float(self.n_dead))
        response = coupling * _area(self.coupling.tau_s, self.step_s) + own * np.eye(len(coupling))
        response *= mean_hz * self.step_s
        growth = float(np.linalg.eigvals(response).real.max(initial=0))
        if growth >= 1:
            raise UsageError(unstable(f"one spike causes {growth:.2f} others, where under 1 is stable"))
        return response

    def _fit_offsets(
        self, coupling: np.ndarray, rates_hz: np.ndarray, bin_s: float, rng: np.random.Generator
    ) -> np.ndarray:
        """Give the offsets (neuron,) for rates (trial, time, neuron), by Newton steps of the mean field.

        Every pass draws the same waits, so the passes differ by the offsets and not by chance.
        """
        declared = rates_hz.mean(axis=(0, 1), dtype=np.float64) * bin_s
        response = self._response(coupling, declared / bin_s)
        active = declared > 0
        offset = -response.sum(axis=1) * active
        seed = int(rng.integers(1 << 32))
        for _ in range(_MOST_PASSES):
            found = self._expected_counts(
                coupling, offset, rates_hz, bin_s, stream(seed, "observation/noise/fit")
            )
            excess = np.zeros(len(offset))
            np.log(found / np.where(active, declared, 1), out=excess, where=active)
            if np.abs(excess).max(initial=0) < _TOLERANCE:
                return offset.astype(np.float32)
            offset = offset - (excess - response @ excess) * active
        raise UsageError(unstable(f"{_MOST_PASSES} passes find no offsets that give the declared means"))

    def _expected_counts(
        self,
        coupling: np.ndarray,
        offset: np.ndarray,
        rates_hz: np.ndarray,
        bin_s: float,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Give the expected spikes per bin (neuron,): chances to fire, which vary less than spikes."""
        prepared = {"coupling": coupling, "offset": offset}
        n_steps, total = self.steps_per_bin(bin_s), np.zeros(len(offset))
        for some in together(len(rates_hz), len(offset)):
            trains = self.trains(rates_hz[some, 0], bin_s, prepared, rng)
            for t in range(rates_hz.shape[1]):
                for _, hazard in trains.steps(rates_hz[some, t], n_steps):
                    total -= np.expm1(-hazard).sum(axis=0, dtype=np.float64)
        return total / (rates_hz.shape[0] * rates_hz.shape[1])


def _area(tau_s: float, step_s: float) -> float:
    """Give the sum over steps of an exponential filter that starts at 1."""
    return float(-1 / np.expm1(-step_s / tau_s))


def _fitted_on(train: RatesBlocks, bin_s: float) -> np.ndarray:
    """Give ten minutes of the train trials (trial, time, neuron): every so many of them, or repeats."""
    seconds = sum(block.shape[0] * block.shape[1] for block in train()) * bin_s
    stride = max(round(seconds / _FITTED_ON_S), 1)
    kept, n_seen = [], 0
    for block in train():
        kept.append(block[-n_seen % stride :: stride])
        n_seen += len(block)
    repeats = max(round(_FITTED_ON_S / seconds), 1)
    return np.tile(np.concatenate(kept), (repeats, 1, 1))
