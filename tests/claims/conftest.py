"""Evidence whose numbers are known."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from ctdspec.claims.evidence import Evidence

N_RESAMPLES = 2000


def mean_evidence(
    trials: Mapping[str, np.ndarray], weights: np.ndarray, metric: str = "co_bps", **facts: float
) -> Evidence:
    """Evidence in which a method's score is the mean of its numbers (trial,); weights (resample, trial)."""
    rows = [{"metric": metric, "method": name, "value": float(x.mean())} for name, x in trials.items()]
    resamples = np.array([weights @ x / weights.sum(axis=1) for x in trials.values()])
    return Evidence(rows, resamples.reshape(len(rows), len(weights)), facts)


def draw_weights(n_trials: int, rng: np.random.Generator, n: int = N_RESAMPLES) -> np.ndarray:
    return rng.multinomial(n_trials, np.full(n_trials, 1 / n_trials), size=n).astype(float)


@pytest.fixture
def evidence() -> Callable[..., Evidence]:
    """Make evidence from the numbers (trial,) of each method."""

    def make(
        seed: int = 0, metric: str = "co_bps", facts: Mapping[str, float] | None = None, **trials
    ) -> Evidence:
        rng = np.random.default_rng(seed)
        n = len(next(iter(trials.values()), np.zeros(1)))
        return mean_evidence(trials, draw_weights(n, rng), metric, **(facts or {}))

    return make
