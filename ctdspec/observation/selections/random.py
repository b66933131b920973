"""Neurons at random."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ctdspec.observation.selection import Candidates, Selection


class Random(Selection):
    """Any neurons, all being equally likely: what theory assumes, and electrodes hardly ever do."""

    kind: Literal["random"]

    def ensure_selects(self, n_observed: int, populations: dict[str, int], n_latents: int) -> None:
        """Accept any numbers."""

    def choose(self, candidates: Candidates, n_observed: int, rng: np.random.Generator) -> np.ndarray:
        """Draw without replacement."""
        return np.sort(rng.permutation(len(candidates.mean_hz))[:n_observed])
