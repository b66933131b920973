"""Neighbouring neurons."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ctdspec.observation.selection import Candidates, Selection


class Contiguous(Selection):
    """Neurons next to each other in the circuit, from a random place on: a local array."""

    kind: Literal["contiguous"]

    def ensure_selects(self, n_observed: int, populations: dict[str, int], n_latents: int) -> None:
        """Accept any numbers."""

    def choose(self, candidates: Candidates, n_observed: int, rng: np.random.Generator) -> np.ndarray:
        """Draw where the block begins; it does not wrap around the end."""
        return int(rng.integers(len(candidates.mean_hz) - n_observed + 1)) + np.arange(n_observed)
