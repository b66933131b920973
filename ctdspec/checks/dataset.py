"""Whether a dataset is whole, and ready to be released."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ctdspec.checks.question import Question
from ctdspec.store.finding import Finding as Verified
from ctdspec.store.plain import (
    MAX_JSON_BYTES,
    large_descriptions,
    strange_entries,
    strange_nwb,
    strange_stores,
)
from ctdspec.store.recording import Recording
from ctdspec.submissions.expected import Problem

ENTRY = Question(
    "DAT-SAF-001",
    "Is everything a file or a folder?",
    "A link leads to files that were not sent, and reading a pipe or a device may never end.",
    "put the files themselves there",
)
HDF5 = Question(
    "DAT-SAF-002",
    "Are the NWB files plain HDF5, with all their data inside?",
    "Links and external storage read any file of the machine; other tricks fill its memory.",
    "fetch the file again from where it was released, or build the dataset",
)
DESCRIPTION = Question(
    "DAT-SAF-003",
    "Are descriptions of a usual size?",
    "A manifest is read whole, whatever its size.",
    "fetch the file again from where it was released, or build the dataset",
)
STORE = Question(
    "DAT-SAF-004",
    "Are the arrays of the Zarr folders those that their metadata declare?",
    "Metadata may declare petabytes, or codecs that are code.",
    "fetch the folder again from where it was released, or build the dataset",
)
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
QUESTIONS = (ENTRY, HDF5, DESCRIPTION, STORE, BROKEN, STRANGE, SILENT, REPEATED, CARD, LOCK)


def unsafe(folder: Path) -> Iterator[Problem]:
    """Find why a dataset that someone else made should not be read; it is not read for that."""
    for place, found in strange_entries(folder):
        yield ENTRY.problem(place, found, "a file or a folder")
    for place, found in large_descriptions(folder):
        yield DESCRIPTION.problem(place, found, f"at most {MAX_JSON_BYTES} bytes")
    for place, found in strange_stores(folder):
        yield STORE.problem(place, found, "the chunks of its shape, packed by Blosc")
    for place, found in strange_nwb(folder):
        yield HDF5.problem(place, found, "plain groups and arrays")


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
