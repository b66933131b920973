"""What is drawn of a task: trials, and what a network made of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.tasks.task import Task, Trials


@dataclass(frozen=True)
class Answered:
    """What a trained network did in the trials of a task.

    Attributes
    ----------
    benchmark
        The shipped benchmark whose network it is.
    outputs : (trial, time, output) float32
    latents : (trial, time, latent) float32
    accuracy : (trial,) float64
        In the task's own measure; NaN where nothing counted.
    """

    benchmark: str
    outputs: np.ndarray
    latents: np.ndarray
    accuracy: np.ndarray


@dataclass(frozen=True)
class Performance:
    """Trials of a task, and the answer of a shipped network, if there is one."""

    name: str
    task: Task
    trials: Trials
    answered: Answered | None

    @property
    def conditions(self) -> np.ndarray:
        """The condition of each trial, (trial,); 0 for a task of one."""
        found = self.trials.condition
        return np.zeros(len(self.trials), int) if found is None else found

    def examples(self, n: int) -> list[int]:
        """Give n trials, or fewer, of different conditions: of many and different phases first."""
        phases = [epochs.stop > epochs.start for epochs in self.trials.epochs.values()]
        had = np.array(phases, bool).reshape(len(phases), len(self.trials)).T
        order = np.argsort(-had.sum(axis=1), kind="stable").tolist()
        by_phases = {had[trial].tobytes(): trial for trial in reversed(order)}
        by_condition = {int(self.conditions[trial]): trial for trial in reversed(order)}
        firsts = [trial for trial in order if trial in by_phases.values()]
        others = [trial for trial in order if trial in by_condition.values()]
        chosen: dict[int, int] = {}
        for trial in [*firsts, *others]:
            chosen.setdefault(int(self.conditions[trial]), trial)
        return list(chosen.values())[:n]
