"""Whether a dataset is whole, and ready to be released."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ctdspec.checks.question import Question
from ctdspec.store.finding import Finding as Verified
from ctdspec.store.recording import Recording
from ctdspec.submissions.expected import Problem

BROKEN = Question(
    "DAT-INT-001",
    "Is every file of the manifest there, with the content that was written?",
    "Scores against a damaged truth are wrong without a sign.",
    "run the benchmark again, or fetch the file again",
)
STRANGE = Question(
    "DAT-INT-002",
    "Is there nothing that no step made?",
    "Strays travel with a release, and may hold what should stay private.",
    "move them elsewhere",
)
SILENT = Question(
    "DAT-VAL-001",
    "Has every neuron spikes in the train trials?",
    "Nothing can be learnt of a silent neuron.",
    "raise observation.rates.mean_hz, or the number or length of the trials",
)
REPEATED = Question(
    "DAT-VAL-002",
    "Are the test trials' spikes other than those of the train trials?",
    "A test set that was trained on tests nothing.",
    "build the dataset again, and report it: this is an error of the program that made it",
)
CARD = Question(
    "DAT-REL-001",
    "Is there a card that says what the dataset is for?",
    "Others must know what it is, and what it is not for.",
    "write datasets/NAME/card.yaml; docs/datasets.md says what belongs there",
)
LOCK = Question(
    "DAT-REL-002",
    "Is there a lock that later builds are compared with?",
    "Without it nobody can tell whether they hold the dataset that was released.",
    "ctdspec verify NAME --write-lock datasets/NAME/lock.yaml",
)
QUESTIONS = (BROKEN, STRANGE, SILENT, REPEATED, CARD, LOCK)


def integrity(verified: Sequence[Verified]) -> Iterator[Problem]:
    """Give what `store.verify` found a code."""
    for finding in verified:
        if finding.level != "info":
            question = BROKEN if finding.level == "error" else STRANGE
            yield question.problem(finding.place, finding.text, "what the manifest says")


def recording_problems(recording: Recording) -> Iterator[Problem]:
    """Find neurons without spikes, and test trials that are train trials."""
    train, test = recording.splits["train"].counts, recording.splits["test"].counts
    if train is None or test is None:
        return
    if (silent := ~train.any(axis=(0, 1))).any():
        found = f"{silent.sum()} neurons without a spike, the first with id {recording.neuron_ids[silent][0]}"
        yield SILENT.problem("train", found, "spikes of every neuron")
    known = {trial.tobytes() for trial in np.ascontiguousarray(train[..., recording.held_in]) if trial.any()}
    if repeated := sum(trial.tobytes() in known for trial in np.ascontiguousarray(test)):
        yield REPEATED.problem("test", f"{repeated} trials with spikes of a train trial", "trials of its own")


def release_problems(folders: Sequence[Path]) -> Iterator[Problem]:
    """Find that none of the folders has the card, or the lock."""
    for question, name in ((CARD, "card.yaml"), (LOCK, "lock.yaml")):
        if not any((folder / name).is_file() for folder in folders):
            yield question.problem(
                name, "no such file", "a file beside the dataset or shipped under its name"
            )
