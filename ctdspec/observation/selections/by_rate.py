"""Neurons that fire enough to be found."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ctdspec.observation.selection import Candidates, Selection


class ByRate(Selection):
    """Active neurons: what spike sorting finds."""

    kind: Literal["by_rate"]
    prefer: Literal["highest", "proportional"]
    """`highest`: the neurons of the highest mean rates. `proportional`: drawn one after the other, each with
    a probability that is proportional to its mean rate."""

    def ensure_selects(self, n_observed: int, populations: dict[str, int], n_latents: int) -> None:
        """Accept any numbers."""

    def choose(self, candidates: Candidates, n_observed: int, rng: np.random.Generator) -> np.ndarray:
        """Rank the mean rates; those of equal rate come in the order of the circuit."""
        rates = candidates.mean_hz
        if self.prefer == "highest":
            return np.sort(np.argsort(-rates, kind="stable")[:n_observed])
        return np.sort(rng.choice(len(rates), n_observed, replace=False, p=rates / rates.sum()))
