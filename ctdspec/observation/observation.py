"""How a recording sees the system."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from ctdspec.observation.dropout import Dropout
from ctdspec.observation.embedding import Embedding
from ctdspec.observation.link import Link
from ctdspec.observation.modulation import Modulation
from ctdspec.observation.neurons import Neurons
from ctdspec.observation.noise import Noise
from ctdspec.observation.population import Population
from ctdspec.observation.sessions import Sessions
from ctdspec.observation.sorting import Sorting
from ctdspec.spec.component import OneOf
from ctdspec.spec.node import Node
from ctdspec.spec.placed import PlacedError, at

ALL = "all"
"""Name of the population of a circuit that declares no populations."""


class Observation(Node):
    """How a recording sees the system: which neurons, how latents become rates, which noise makes spikes."""

    neurons: Neurons
    """Who is observed."""
    embedding: Annotated[Embedding, OneOf("embedding")] | None = None
    """How neurons mix the latents; left out if `populations` says it."""
    rates: Annotated[Link, OneOf("link")] | None = None
    """How a neuron's drive becomes its rate; left out if `populations` says it."""
    populations: list[Population] | None = Field(default=None, min_length=1, max_length=100)
    """Populations of the circuit, in place of `embedding` and `rates`."""
    modulations: list[Annotated[Modulation, OneOf("modulation")]] | None = Field(default=None, min_length=1)
    """What changes rates besides the latents; left out if nothing does."""
    noise: Annotated[Noise, OneOf("noise")]
    """How rates make spikes."""
    sorting: Sorting | None = None
    """Errors of spike sorting; left out if there are none."""
    dropout: Dropout | None = None
    """Neurons that are lost; left out if none is."""
    sessions: Sessions | None = None
    """Several recordings of the system; left out for a single one."""

    @model_validator(mode="after")
    def _ensure_one_form(self) -> Observation:
        single = [name for name in ("embedding", "rates") if getattr(self, name) is not None]
        if self.populations is None and len(single) < 2:
            missing = "rates" if single == ["embedding"] else "embedding"
            raise ValueError(f"{missing} is missing: give embedding and rates, or populations")
        if self.populations is not None and (single or self.neurons.circuit is not None):
            other = single[0] if single else "neurons.circuit"
            raise ValueError(f"found both populations and {other}; each population says it for itself")
        return self

    @model_validator(mode="after")
    def _ensure_population_names_differ(self) -> Observation:
        names = [population.name for population in self.populations or []]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise PlacedError(f"population {twice!r} is listed twice", ("populations",))
        return self

    @model_validator(mode="after")
    def _ensure_selection(self) -> Observation:
        with at("neurons"):
            self._ensure_neurons(self.neurons)
        return self

    def _ensure_neurons(self, neurons: Neurons) -> None:
        if neurons.fraction is not None and neurons.circuit is None and self.populations is None:
            raise ValueError("neurons.fraction is a share of neurons.circuit, which is missing")
        everyone = self.n_observed == self.n_circuit
        if not everyone and neurons.selection is None:
            raise ValueError(
                f"neurons.selection is missing: {self.n_observed} of {self.n_circuit} neurons are observed,"
                " so say which"
            )
        if everyone and neurons.selection is not None:
            raise ValueError(
                f"neurons.selection has nothing to select: all {self.n_circuit} neurons are observed; declare"
                " a larger neurons.circuit, or leave the selection out"
            )

    @model_validator(mode="after")
    def _ensure_errors_have_spikes(self) -> Observation:
        with at("sorting"):
            if self.noise.records == "signals" and self.sorting is not None:
                raise ValueError(
                    f"sorting has no spikes to sort: noise {self.noise.kind} records signals; leave it out"
                )
        return self

    @model_validator(mode="after")
    def _ensure_embeddings_can_change(self) -> Observation:
        changes = self.sessions is not None and self.sessions.embedding_change > 0
        for population in self.circuit_populations if changes else []:
            with at("sessions", "embedding_change"):
                if not population.embedding.mixes:
                    raise ValueError(
                        f"embedding_change must be 0 with embedding {population.embedding.kind}: its neurons"
                        " are one latent each, and cannot change a little"
                    )
        return self

    @property
    def n_circuit(self) -> int:
        """Neurons that there are."""
        if self.populations is not None:
            return sum(population.neurons for population in self.populations)
        if self.neurons.circuit is not None:
            return self.neurons.circuit
        return (self.neurons.held_in or 0) + (self.neurons.held_out or 0)

    @property
    def n_observed(self) -> int:
        """Neurons that are observed, held in and held out."""
        return sum(self.neurons.counts(self.n_circuit))

    @property
    def n_held_out(self) -> int:
        """Observed neurons that the test split hides."""
        return self.neurons.counts(self.n_circuit)[1]

    @property
    def circuit_populations(self) -> list[Population]:
        """The populations; a circuit that declares none has one, `ALL`."""
        if self.populations is not None:
            return self.populations
        assert self.embedding is not None, "without populations, both are given"
        assert self.rates is not None, "without populations, both are given"
        return [Population(name=ALL, neurons=self.n_circuit, embedding=self.embedding, rates=self.rates)]

    @property
    def mean_hz(self) -> float:
        """Mean rate over the circuit's neurons."""
        circuit = self.circuit_populations
        return sum(part.neurons * part.rates.mean_hz for part in circuit) / self.n_circuit

    def ensure_sees(self, n_latents: int) -> None:
        """Raise ValueError, saying why, if a system of so many latents cannot be observed like this."""
        for number, population in enumerate(self.circuit_populations):
            with at(*(["populations", number] if self.populations else []), "embedding"):
                population.embedding.ensure_embeds(n_latents, population.neurons)
        if self.neurons.selection is not None:
            sizes = {population.name: population.neurons for population in self.circuit_populations}
            with at("neurons", "selection"):
                self.neurons.selection.ensure_selects(self.n_observed, sizes, n_latents)
