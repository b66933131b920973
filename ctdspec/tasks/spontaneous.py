"""No task at all."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ctdspec.tasks.task import Task, Trials


class Spontaneous(Task):
    """Nothing is shown and nothing is asked: the system runs by itself, trial by trial."""

    kind: Literal["spontaneous"]

    @property
    def input_names(self) -> tuple[str, ...]:
        """No inputs."""
        return ()

    @property
    def output_names(self) -> tuple[str, ...]:
        """No outputs."""
        return ()

    def sample(self, n_trials: int, rng: np.random.Generator, n_bins: int | None = None) -> Trials:
        """Give empty trials."""
        nothing = np.zeros((n_trials, n_bins or self.n_bins, 0), np.float32)
        return Trials(nothing, nothing, nothing, nothing.astype(bool), np.ones(nothing.shape[:2], bool))

    def accuracy(self, outputs: np.ndarray, trials: Trials) -> np.ndarray:
        """Give NaN: nothing can be right or wrong."""
        return np.full(len(trials), np.nan)
