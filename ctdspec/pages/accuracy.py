"""How often the true system is right, as a page says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ctdspec.benchmark import Benchmark
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.truth import open_truth
from ctdspec.tasks.task import Epochs, Task, Trials

if TYPE_CHECKING:
    import xarray

EVERY = "all"
_Z95 = 1.959964


@dataclass(frozen=True)
class Accuracy:
    """The mean accuracy over some trials, in the task's own measure, with an interval of 95 %.

    Attributes
    ----------
    name
        The condition of the trials, or `EVERY`.
    """

    name: str
    mean: float
    low: float
    high: float
    n_trials: int


def read_accuracy(folder: DatasetFolder, benchmark: Benchmark) -> list[Accuracy]:
    """Judge what the system answered in every trial of a dataset, whatever its split.

    Returns
    -------
    Over all trials, and then in each condition that has any; nothing for a task that asks for nothing.
    """
    truth, task = open_truth(folder.truth), benchmark.task
    if "outputs" not in truth:
        return []
    trials = _trials(truth, open_truth(folder.truth, "phases") if task.phases else {}, task)
    accuracy = task.accuracy(truth["outputs"].to_numpy(), trials)
    return [*_by_condition(accuracy, trials.condition, task)]


def _by_condition(accuracy: np.ndarray, condition: np.ndarray | None, task: Task) -> Iterator[Accuracy]:
    groups = {EVERY: np.ones(len(accuracy), bool)}
    if condition is not None:
        groups |= {name: condition == index for index, name in enumerate(task.condition_names)}
    for name, members in groups.items():
        values = accuracy[members & ~np.isnan(accuracy)]
        if len(values):
            yield Accuracy(name, float(values.mean()), *mean_interval(values), len(values))


def mean_interval(values: np.ndarray) -> tuple[float, float]:
    """Give the interval of 95 % of the mean of values (trial,).

    Wilson's (1927) where each is 0 or 1: unlike that of the normal distribution, which is given otherwise, it
    has a length even if all are right.
    """
    n, mean = len(values), float(values.mean())
    if not np.isin(values, (0, 1)).all():
        half = _Z95 * float(values.std()) / np.sqrt(n)
        return mean - half, mean + half
    centre = (mean + _Z95**2 / (2 * n)) / (1 + _Z95**2 / n)
    half = _Z95 * np.sqrt(mean * (1 - mean) / n + _Z95**2 / (4 * n**2)) / (1 + _Z95**2 / n)
    return float(centre - half), float(centre + half)


def _trials(truth: xarray.Dataset, phases: Mapping[Any, xarray.DataArray], task: Task) -> Trials:
    """Give the stored trials as the task judges them."""
    n_trials, n_bins = truth["valid"].shape

    def read(name: str) -> np.ndarray:
        return truth[name].to_numpy() if name in truth else np.zeros((n_trials, n_bins, 0), np.float32)

    spans = {name: phases[name].to_numpy() for name in task.phases}
    return Trials(
        **{name: read(name) for name in ("stimulus", "inputs", "targets", "scored", "valid")},
        condition=truth["condition"].to_numpy() if "condition" in truth else None,
        epochs={name: Epochs(task.phases[name], *span.T) for name, span in spans.items()},
    )
