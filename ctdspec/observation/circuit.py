"""The neurons that there are, and those that a session observes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ctdspec.observation.embedding import Embedding, LatentMoments
from ctdspec.observation.observation import Observation
from ctdspec.observation.population import Population
from ctdspec.observation.rates import RateModel, TrainBlocks, draw_mean_rates_hz, fit_rates
from ctdspec.observation.selection import Candidates
from ctdspec.observation.sessions import Sessions
from ctdspec.seeds import stream


@dataclass(frozen=True)
class Neurons:
    """Neurons of one population, as they are in a session.

    Attributes
    ----------
    population
        What is declared.
    ids : (neuron,) int64
        The number of each neuron: its place in the circuit, and for one that came with a later session
        that place plus the session's number times the size of the circuit.
    mean_hz : (neuron,)
        Mean rates.
    weights
        The weights of the embedding, by name; empty if only the rates are asked for.
    """

    population: Population
    ids: np.ndarray
    mean_hz: np.ndarray
    weights: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Observed:
    """The neurons that a session observes, and their rates.

    Attributes
    ----------
    models
        The rates of each population's neurons.
    ids : (neuron,) int64
        Their numbers, ascending from population to population.
    population : (neuron,) int
        Index into `names`.
    names
        Names of the populations.
    """

    models: Sequence[RateModel]
    ids: np.ndarray
    population: np.ndarray
    names: Sequence[str]

    def rates_hz(self, latents: np.ndarray) -> np.ndarray:
        """Give the rates (…, neuron) float32 of latents (…, latent)."""
        rates = [model.rates_hz(latents) for model in self.models]
        return rates[0] if len(rates) == 1 else np.concatenate(rates, axis=-1)

    def per_neuron(self, name: str) -> np.ndarray:
        """Give an array (neuron,) of the rate models: `drive_mean`, `drive_sd`, `gain` or `scale_hz`."""
        return np.concatenate([getattr(model, name) for model in self.models])


def draw_neurons(
    observation: Observation, seed: int, session: int, latents: LatentMoments | None
) -> list[Neurons]:
    """Draw the circuit's neurons as they are in a session, population by population.

    A session's neurons follow from those of the sessions before it, each from streams of its own. Without
    `latents` no embedding is drawn.
    """
    drawn, first = [], 0
    for number, population in enumerate(observation.circuit_populations):
        places = np.arange(first, first + population.neurons)
        drawn.append(
            _Chain(population, observation.sessions, seed, number, latents).at(
                session, places, observation.n_circuit
            )
        )
        first += population.neurons
    return drawn


def ensure_realised(observation: Observation, bin_s: float, seed: int) -> None:
    """Raise ValueError if the law of the noise cannot realise the mean and peak rates that are declared."""
    observation.noise.steps_per_bin(bin_s)
    for session in range(len(observation.sessions.names) if observation.sessions else 1):
        for neurons in draw_neurons(observation, seed, session, latents=None):
            dynamic_range = neurons.population.rates.dynamic_range
            peak_hz = neurons.mean_hz.max() * dynamic_range if dynamic_range else None
            observation.noise.ensure_realises(neurons.mean_hz, peak_hz, bin_s)


def observe(
    observation: Observation,
    neurons: Sequence[Neurons],
    train: TrainBlocks,
    latents: LatentMoments,
    seed: int,
) -> Observed:
    """Fit the rates of the circuit, then choose who is observed.

    Raises
    ------
    UsageError
        If the declared rates cannot be realised.
    """
    models = [fit_rates(part.population, part.weights, part.mean_hz, train) for part in neurons]
    sizes = [len(part.ids) for part in neurons]
    population = np.repeat(np.arange(len(sizes)), sizes)
    names = [part.population.name for part in neurons]
    chosen = np.arange(len(population))
    if observation.neurons.selection is not None:
        loadings = [model.population.embedding.loadings(model.weights) for model in models]
        candidates = Candidates(
            np.concatenate([part.mean_hz for part in neurons]),
            np.concatenate(loadings) * latents.sd,
            population,
            names,
        )
        rng = stream(seed, "observation/selection")
        chosen = observation.neurons.selection.choose(candidates, observation.n_observed, rng)
    starts = np.cumsum([0, *sizes])
    parts = [chosen[population[chosen] == number] - starts[number] for number in range(len(models))]
    return Observed(
        [model.take(part) for model, part in zip(models, parts, strict=True)],
        np.concatenate([part.ids for part in neurons])[chosen],
        population[chosen],
        names,
    )


@dataclass(frozen=True)
class _Chain:
    """The neurons of one population, from session to session."""

    population: Population
    sessions: Sessions | None
    seed: int
    number: int
    latents: LatentMoments | None

    def at(self, session: int, places: np.ndarray, n_circuit: int) -> Neurons:
        weights = self._draw("observation/embedding")
        z = stream(self.seed, "observation/mean_rates", self.number).standard_normal(len(places))
        ids, change = places, np.zeros(len(places))
        for later in range(1, session + 1):
            assert self.sessions is not None, "only a spec with sessions has later ones"
            fresh = self._replaced(later)
            rng = stream(self.seed, f"observation/mean_rates/{later}", self.number)
            new_z, step = rng.standard_normal((2, len(places)))
            z = np.where(fresh, new_z, z)
            change = np.where(fresh, 0.0, change + self.sessions.rate_change_log_sd * step)
            ids = np.where(fresh, later * n_circuit + places, ids)
            weights = self._changed(weights, fresh, later)
        mean_hz = draw_mean_rates_hz(self.population.rates, z, change)
        return Neurons(self.population, ids.astype(np.int64), mean_hz, weights)

    def _draw(self, purpose: str) -> dict[str, np.ndarray]:
        if self.latents is None:
            return {}
        rng = stream(self.seed, purpose, self.number)
        return self.population.embedding.draw(self.latents, self.population.neurons, rng)

    def _replaced(self, session: int) -> np.ndarray:
        assert self.sessions is not None, "only a spec with sessions has later ones"
        n = self.population.neurons
        order = stream(self.seed, f"observation/replaced/{session}", self.number).permutation(n)
        return order >= round(self.sessions.shared * n)

    def _changed(
        self, weights: Mapping[str, np.ndarray], fresh: np.ndarray, session: int
    ) -> dict[str, np.ndarray]:
        """Give the weights of the next session: fresh rows, and old rows that moved a little."""
        assert self.sessions is not None, "only a spec with sessions has later ones"
        other = self._draw(f"observation/embedding/{session}")
        c = self.sessions.embedding_change
        return {
            name: np.where(fresh[:, None], other[name], np.sqrt(1 - c**2) * old + c * other[name]).astype(
                old.dtype
            )
            if _has_rows(self.population.embedding, name)
            else old
            for name, old in weights.items()
        }


def _has_rows(embedding: Embedding, name: str) -> bool:
    return embedding.axes[name][0] == "neuron"
