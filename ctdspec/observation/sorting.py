"""Errors of spike sorting: spikes that are missed, and spikes that are given to the wrong neuron."""

from __future__ import annotations

import numpy as np
from pydantic import Field, model_validator

from ctdspec.spec.node import Node

_CELLS = 1 << 18
"""Steps × neurons, and spikes, that are worked on at once."""


class Sorting(Node):
    """How well spikes are sorted: what is recorded is not all, and not only, what a neuron emitted.

    Every spike has its own fate: it is missed, or swapped to another neuron of its population, any as likely
    as the next, or kept. A neuron that is alone in its population keeps what would be swapped.
    """

    missed: float = Field(ge=0, lt=1)
    """Share of the spikes that no neuron gets."""
    swapped: float = Field(ge=0, lt=1)
    """Share of the spikes that another neuron of the same population gets."""

    @model_validator(mode="after")
    def _ensure_some_are_kept(self) -> Sorting:
        if self.missed + self.swapped >= 1:
            raise ValueError(
                f"missed + swapped must be below 1 (found {self.missed:g} + {self.swapped:g}): some spikes"
                " must stay where they belong; lower one of them"
            )
        return self

    def sort(self, emitted: np.ndarray, population: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Give the recorded spikes, like `emitted`.

        Parameters
        ----------
        emitted : (trial, step, neuron) uint16
            Spikes per step, as the neurons emitted them.
        population : (neuron,) int
            Number of the population that each neuron belongs to.
        rng
            One uniform draw is taken for each spike, in the order of the array.
        """
        rows = emitted.reshape(-1, emitted.shape[-1])
        recorded = np.empty_like(rows)
        busiest = int(rows.sum(axis=1).max(initial=1))
        step = max(1, _CELLS // max(busiest, rows.shape[1]))
        populations = _Populations(population)
        for start in range(0, len(rows), step):
            block = slice(start, start + step)
            recorded[block] = self._sorted(rows[block], populations, rng)
        return recorded.reshape(emitted.shape)

    def expected_rates(self, rates: np.ndarray, population: np.ndarray) -> np.ndarray:
        """Give the rates of the recorded spikes, like `rates` (…, neuron), of those of the emitted ones.

        A neuron among n of its population, whose rates are r and add up to R, is recorded with the rate
        (1 − missed − swapped) r + swapped (R − r) / (n − 1); one that is alone, with (1 − missed) r.
        """
        recorded = rates * rates.dtype.type(1 - self.missed)
        for label, size in zip(*np.unique(population, return_counts=True), strict=True):
            if size > 1:
                own = rates[..., population == label]
                others = (own.sum(axis=-1, keepdims=True) - own) / rates.dtype.type(size - 1)
                recorded[..., population == label] += rates.dtype.type(self.swapped) * (others - own)
        return recorded

    def _sorted(self, emitted: np.ndarray, populations: _Populations, rng: np.random.Generator) -> np.ndarray:
        """Sort the spikes of rows (row, neuron): none leaves its row."""
        n_neurons = emitted.shape[1]
        cells = np.repeat(np.arange(emitted.size), emitted.reshape(-1))
        # What is left of the draw that decides a spike's fate is uniform again, and decides where it goes.
        draw = rng.random(len(cells)) - self.missed
        cells, draw = cells[draw >= 0], draw[draw >= 0]
        moved = np.flatnonzero(draw < self.swapped)
        row, neuron = np.divmod(cells[moved], n_neurons)
        cells[moved] = row * n_neurons + populations.another(neuron, draw[moved] / (self.swapped or 1.0))
        return np.bincount(cells, minlength=emitted.size).reshape(emitted.shape)


class _Populations:
    """Who belongs together, ordered so that another member is found by counting on."""

    def __init__(self, population: np.ndarray) -> None:
        _, group, sizes = np.unique(population, return_inverse=True, return_counts=True)
        self.members = np.argsort(group, kind="stable")
        self.place = np.argsort(self.members)
        self.size = sizes[group]
        self.first = (np.cumsum(sizes) - sizes)[group]

    def another(self, neuron: np.ndarray, draw: np.ndarray) -> np.ndarray:
        """Give for each neuron another of its population, chosen by a draw in [0, 1); itself if alone."""
        size, first = self.size[neuron], self.first[neuron]
        ahead = 1 + np.minimum((draw * (size - 1)).astype(np.int64), np.maximum(size - 2, 0))
        return self.members[first + (self.place[neuron] - first + ahead) % size]
