"""What a task is, told from the task itself and from trials that it draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import getdoc

import numpy as np

from ctdspec.seeds import stream
from ctdspec.tasks.task import Epochs, Task, Trials

N_TRIALS = 1000
"""Trials that are drawn to see how long phases last and what counts in them."""


@dataclass(frozen=True)
class Channels:
    """The inputs or the outputs of a task: their names, and what they are."""

    names: Sequence[str]
    meaning: str


@dataclass(frozen=True)
class Phase:
    """A phase, as drawn trials have it.

    Attributes
    ----------
    name, meaning
        What it is called, and what it is.
    share
        Share of the trials that have it.
    shortest_s, longest_s
        How long it lasted in these, in seconds.
    scored
        Share of its bins in which an output counts towards the accuracy.
    """

    name: str
    meaning: str
    share: float
    shortest_s: float
    longest_s: float
    scored: float


@dataclass(frozen=True)
class About:
    """What a reader has to know of a task.

    Attributes
    ----------
    kind, summary, text
        What it is called, and what it is: in a sentence, and the rest.
    inputs, outputs
        Its channels.
    conditions
        Kinds of trials, by name.
    events
        What happens at a moment and an experimenter can see, by name.
    phases
        In the order of time; empty for a task without.
    scored
        Share of the valid bins in which an output counts towards the accuracy.
    accuracy
        How the accuracy is judged.
    ideal_accuracy
        What the best observer is expected to reach; None if no closed form is known.
    trial_s, bin_s
        Length of the longest trial and of a bin, in seconds.
    """

    kind: str
    summary: str
    text: str
    inputs: Channels
    outputs: Channels
    conditions: Sequence[str]
    events: Mapping[str, str]
    phases: Sequence[Phase]
    scored: float
    accuracy: str
    ideal_accuracy: float | None
    trial_s: float
    bin_s: float


def about(task: Task) -> About:
    """Describe a task; the same task gives the same description."""
    trials = task.sample(N_TRIALS, stream(0, "tasks/about"))
    cls = type(task)
    summary, _, text = _doc(cls).partition("\n\n")
    counts = trials.scored.any(axis=2) & trials.valid
    return About(
        kind=task.kind,
        summary=summary,
        text=text,
        inputs=Channels(task.input_names, _doc(cls.input_names)),
        outputs=Channels(task.output_names, _doc(cls.output_names)),
        conditions=task.condition_names,
        events={name: event.description for name, event in task.events(trials.stimulus).items()},
        phases=list(_phases(trials, counts, task.bin_s)),
        scored=float(counts.sum() / max(trials.valid.sum(), 1)),
        accuracy=_doc(cls.accuracy),
        ideal_accuracy=task.ideal_accuracy(),
        trial_s=task.trial_s,
        bin_s=task.bin_s,
    )


def _phases(trials: Trials, counts: np.ndarray, bin_s: float) -> Iterator[Phase]:
    for name, epochs in trials.epochs.items():
        lengths = epochs.stop - epochs.start
        there = lengths > 0
        if there.any():
            yield Phase(
                name,
                epochs.description,
                share=float(there.mean()),
                shortest_s=float(lengths[there].min() * bin_s),
                longest_s=float(lengths[there].max() * bin_s),
                scored=_share_scored(epochs, counts),
            )


def _share_scored(epochs: Epochs, counts: np.ndarray) -> float:
    bins = epochs.bins(counts.shape[1])
    return float((counts & bins).sum() / bins.sum())


def _doc(documented: object) -> str:
    return getdoc(documented) or ""
