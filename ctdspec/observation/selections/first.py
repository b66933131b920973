"""The first neurons."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ctdspec.observation.selection import Candidates, Selection


class First(Selection):
    """The first neurons of the circuit: the start of a chain, or the first population."""

    kind: Literal["first"]

    def ensure_selects(self, n_observed: int, populations: dict[str, int], n_latents: int) -> None:
        """Accept any numbers."""

    def choose(self, candidates: Candidates, n_observed: int, rng: np.random.Generator) -> np.ndarray:
        """Count them."""
        return np.arange(n_observed)
