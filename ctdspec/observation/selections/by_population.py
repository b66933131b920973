"""So many neurons of each population."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from ctdspec.observation.selection import Candidates, Selection
from ctdspec.spec.node import Name, Node


class Share(Node):
    """Neurons of one population."""

    population: Name
    """Name of the population."""
    neurons: int = Field(ge=0, le=100_000)
    """How many of its neurons are seen."""


class ByPopulation(Selection):
    """A declared number of neurons of each population, at random within it: what a cell-type marker shows."""

    kind: Literal["by_population"]
    take: list[Share] = Field(min_length=1)
    """How many of which; a population that is not named is not seen."""

    @model_validator(mode="after")
    def _ensure_names_differ(self) -> ByPopulation:
        names = [share.population for share in self.take]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"population {twice!r} is listed twice in take")
        return self

    def ensure_selects(self, n_observed: int, populations: dict[str, int], n_latents: int) -> None:
        """Refuse unknown populations, more neurons than there are, and another sum than is observed."""
        for share in self.take:
            if share.population not in populations:
                raise ValueError(
                    f"selection: there is no population {share.population!r}; there are"
                    f" {', '.join(populations)}"
                )
            if share.neurons > populations[share.population]:
                raise ValueError(
                    f"selection: {share.neurons} neurons of population {share.population!r} are asked for,"
                    f" which has {populations[share.population]}"
                )
        total = sum(share.neurons for share in self.take)
        if total != n_observed:
            raise ValueError(
                f"selection: take adds up to {total} neurons, but neurons declares {n_observed} to be"
                " observed; make them equal"
            )

    def choose(self, candidates: Candidates, n_observed: int, rng: np.random.Generator) -> np.ndarray:
        """Draw from each population without replacement."""
        counts = {share.population: share.neurons for share in self.take}
        chosen = [
            rng.permutation(np.flatnonzero(candidates.population == number))[: counts.get(name, 0)]
            for number, name in enumerate(candidates.names)
        ]
        return np.sort(np.concatenate(chosen))
