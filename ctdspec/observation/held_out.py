"""Which of the observed neurons the test split hides."""

from __future__ import annotations

import numpy as np


def draw_held_out(population: np.ndarray, n_held_out: int, rng: np.random.Generator) -> np.ndarray:
    """Draw neurons at random, from every population its share.

    Parameters
    ----------
    population : (neuron,) int
        Number of the population of each observed neuron.
    n_held_out
        How many are hidden, of all together.
    rng
        The stream of the draw.

    Returns
    -------
    (neuron,) bool
        Shares are rounded by largest remainder: no population is off its exact share by a neuron or more.
    """
    sizes = np.bincount(population)
    exact = sizes * n_held_out / len(population)
    counts = np.floor(exact).astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: n_held_out - counts.sum()]] += 1
    held_out = np.zeros(len(population), bool)
    for number, count in enumerate(counts):
        held_out[rng.permutation(np.flatnonzero(population == number))[:count]] = True
    return held_out
