"""Reading a stranger's file: every check before the step that needs it, every problem in one list."""

# h5py does not declare its low-level modules, which are compiled.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

import h5py
import numpy as np
from h5py import h5d, h5g

from ctdspec import scratch
from ctdspec.spec.node import NAME
from ctdspec.submissions import inspect
from ctdspec.submissions.answer import Answer
from ctdspec.submissions.arrays import Room
from ctdspec.submissions.exchange import (
    INPUT_KINDS,
    MAX_MODEL_BYTES,
    READOUT,
    STEP,
    AnsweredDynamics,
    input_kind,
)
from ctdspec.submissions.expected import (
    CONNECTIVITY,
    Expected,
    Problem,
    Values,
    coded,
    width_problems,
)

FORMAT = "ctdspec-submission"
VERSION = 1
AXES = {
    "rates_hz": ("trial", "time", "neuron"),
    "states": ("trial", "time", "latent"),
    "inputs": ("trial", "time", "input"),
}
DYNAMICS = "dynamics"
MAX_PARAMETERS_CHARS = 1 << 20
_ATTRIBUTE_CODES = {
    "format": "SUB-STR-001",
    "version": "SUB-STR-002",
    "track": "SUB-STR-003",
    "method": "SUB-STR-004",
    "dataset": "SUB-STR-005",
    "given_inputs": "SUB-STR-006",
    "parameters": "SUB-STR-007",
}
MAX_OVERHEAD_BYTES = 16 << 20


class Reader:
    """Reads one file: puts its arrays where there is room, and gathers what is wrong in `problems`."""

    def __init__(self, expected: Expected, room: Room) -> None:
        self.expected = expected
        self.problems: list[Problem] = []
        self._room = room
        self._seen: dict[tuple[int, int], str] = {}

    def read(self, root: h5g.GroupID, file_bytes: int) -> tuple[Answer, list[tuple[str, str]]]:
        """Give what can be read: an answer without arrays, and splits and names of the arrays that are whole.

        It is the answer only if no problem was found.
        """
        self._seen = {inspect.address(root): "/"}
        datasets = self._datasets(root)
        whole = [place for place, dataset in datasets.items() if self._array(*place, dataset)]
        splits = {split for split, name in datasets if name == "rates_hz"}
        self._compare_splits(datasets, splits)
        models, matrix = self._models(root), self._child_dataset(root, CONNECTIVITY)
        stored = [*datasets.values(), *models.values(), *([matrix] if matrix else [])]
        overhead = file_bytes - sum(dataset.get_storage_size() for dataset in stored)
        if overhead > MAX_OVERHEAD_BYTES:
            # An attribute is read whole, and all that is not an array may be in one.
            found = f"{overhead} bytes beside the arrays"
            self._report(
                "SUB-SAF-014", "file", found, f"at most {MAX_OVERHEAD_BYTES}", "write the file afresh"
            )
            return Answer("", "", {}), []
        dynamics = self._dynamics(root, models)
        track = "S" if any(name == "states" for _, name in datasets) else "R"
        track = track if dynamics is None else "D"
        head = Answer("", "", {})
        if not self._note(inspect.attribute_problems(root, "/")):
            head = self._head(root, track)
        if matrix is not None and self._connectivity(matrix):
            whole.append(("", CONNECTIVITY))
        return replace(head, dynamics=dynamics), whole

    def _report(self, code: str, place: str, found: str, expected: str, advice: str) -> None:
        self.problems.append(coded(code, place, found, expected, advice))

    def _note(self, problems: Iterable[Problem]) -> bool:
        """Keep problems; tell whether there were any."""
        found = list(problems)
        self.problems += found
        return bool(found)

    def _datasets(self, root: h5g.GroupID) -> dict[tuple[str, str], h5d.DatasetID]:
        """Find the arrays, by split and name."""
        datasets = {}
        for split in self._children(root, (*self.expected.n_trials, DYNAMICS, CONNECTIVITY), ""):
            if split in (DYNAMICS, CONNECTIVITY):
                continue
            group = self._open(root, split, split, h5g.GroupID)
            for name in self._children(group, tuple(AXES), split) if group else []:
                if dataset := self._open(group, name, f"{split}/{name}", h5d.DatasetID):
                    datasets[split, name] = dataset
        return datasets

    def _children(self, group: h5g.GroupID, allowed: tuple[str, ...], place: str) -> list[str]:
        found, problems = inspect.names(group, allowed, place)
        self.problems += problems
        return found

    def _open(self, group: h5g.GroupID, name: str, place: str, kind: type) -> Any:
        """Open a child of the wanted kind; None and a problem if it is something else."""
        found = inspect.child(group, name, place)
        if isinstance(found, Problem):
            self.problems.append(found)
        elif not isinstance(found, kind):
            wanted = "a group" if kind is h5g.GroupID else "a dataset"
            advice = "see docs/submissions.md for the layout"
            self._report("SUB-STR-011", place, "another kind of object", wanted, advice)
        elif (other := self._seen.setdefault(inspect.address(found), place)) != place:
            advice = "write the data of each name"
            self._report("SUB-SAF-011", place, f"another name of {other}", "data of its own", advice)
        else:
            return found
        return None

    def _array(self, split: str, name: str, dataset: h5d.DatasetID) -> bool:
        """Read an array if it is safe and of the expected shape, and judge its values; tell whether it is."""
        wrong = self._note(self.expected.shape_problems(split, name, inspect.shape(dataset)))
        return not wrong and self._values(split, name, dataset)

    def _connectivity(self, dataset: h5d.DatasetID) -> bool:
        """Read the connectivity under the same conditions."""
        wrong = self._note(self.expected.connectivity_problems(inspect.shape(dataset)))
        return not wrong and self._values("", CONNECTIVITY, dataset)

    def _values(self, split: str, name: str, dataset: h5d.DatasetID) -> bool:
        """Read an array of the right shape as float32 if it is safe, and judge its values."""
        if self._note(inspect.dataset_problems(dataset, f"{split}/{name}" if split else name)):
            return False
        values = Values(split, name)
        for piece in scratch.pieces(inspect.shape(dataset), scratch.UNPACKED_VALUES):
            self._rows(split, name, dataset, piece, values)
        self.problems += values.problems()
        return True

    def _rows(self, split: str, name: str, dataset: h5d.DatasetID, piece: slice, values: Values) -> None:
        with self._room(split, name, inspect.shape(dataset), piece.stop - piece.start) as rows:
            h5py.Dataset(dataset).read_direct(rows, piece)
            values.add(rows)

    def _child_dataset(self, root: h5g.GroupID, name: str) -> h5d.DatasetID | None:
        """Find a dataset beside the splits; None if there is none, or something else."""
        if inspect.child(root, name, name) is None:
            return None
        return self._open(root, name, name, h5d.DatasetID)

    def _models(self, root: h5g.GroupID) -> dict[str, h5d.DatasetID]:
        """Find the models of the dynamics, by name."""
        if inspect.child(root, DYNAMICS, DYNAMICS) is None:
            return {}
        group = self._open(root, DYNAMICS, DYNAMICS, h5g.GroupID)
        names = self._children(group, (STEP, READOUT), DYNAMICS) if group else []
        found = {name: self._open(group, name, f"{DYNAMICS}/{name}", h5d.DatasetID) for name in names}
        return {name: model for name, model in found.items() if model is not None}

    def _dynamics(self, root: h5g.GroupID, models: Mapping[str, h5d.DatasetID]) -> AnsweredDynamics | None:
        """Read the dynamics as bytes; None if there are none, or if they are not whole."""
        group = inspect.child(root, DYNAMICS, DYNAMICS)
        if not isinstance(group, h5g.GroupID):
            return None
        missing = [name for name in (STEP, READOUT) if name not in models]
        inputs = None
        if not self._note(inspect.attribute_problems(group, DYNAMICS)):
            inputs = inspect.scalar_attribute(group, "inputs")
        kind = input_kind(inputs)
        if missing or kind is None:
            found = f"no {' and no '.join(missing)}" if missing else f"inputs {inputs!r}"[:80]
            expected = f"step, readout, and an attribute inputs: {', '.join(INPUT_KINDS)}"
            self._report("SUB-DYN-007", DYNAMICS, found, expected, "write what docs/submissions.md lists")
            return None
        step, readout = (self._bytes(name, models[name]) for name in (STEP, READOUT))
        return None if step is None or readout is None else AnsweredDynamics(step, readout, kind)

    def _bytes(self, name: str, dataset: h5d.DatasetID) -> bytes | None:
        """Read the bytes of a model if they are safe to read, and not too many."""
        place, shape = f"{DYNAMICS}/{name}", inspect.shape(dataset)
        if len(shape) != 1 or not 0 < shape[0] <= MAX_MODEL_BYTES:
            expected = f"1 to {MAX_MODEL_BYTES} bytes in a row"
            self._report("SUB-DYN-001", place, f"shape {shape}", expected, "store the model's bytes as uint8")
            return None
        if self._note(inspect.dataset_problems(dataset, place, inspect.BYTES)):
            return None
        array = np.empty(shape, np.uint8)
        h5py.Dataset(dataset).read_direct(array)
        return array.tobytes()

    def _compare_splits(self, datasets: Mapping[tuple[str, str], h5d.DatasetID], splits: set[str]) -> None:
        """Find missing splits, splits without rates, and dimensions that differ between splits."""
        self.problems += self.expected.split_problems(splits)
        for without in sorted({split for split, _ in datasets} - splits):
            self._report(
                "SUB-STR-010", f"{without}/rates_hz", "nothing", "rates in Hz", "every split needs its rates"
            )
        for array in ("states", "inputs"):
            found = {split: dataset for (split, name), dataset in datasets.items() if name == array}
            shapes = {split: inspect.shape(dataset) for split, dataset in found.items()}
            widths = {split: shape[2] for split, shape in shapes.items() if len(shape) == 3}
            self.problems += width_problems(array, widths, splits)

    def _head(self, root: h5g.GroupID, track: str) -> Answer:
        """Read the attributes."""
        self._attribute(root, "format", str, repr(FORMAT), lambda text: text == FORMAT)
        self._attribute(root, "version", int, str(VERSION), lambda number: number == VERSION)
        self._attribute(
            root, "track", str, "'D' with dynamics, 'S' with states, 'R' without", lambda text: text == track
        )
        method = self._attribute(root, "method", str, "a name of a-z, 0-9 and _, at most 64", _is_name)
        digest = self._attribute(root, "dataset", str, "the digest of the dataset", lambda text: True)
        self.problems += self.expected.dataset_problems(digest) if digest is not None else ()
        given = self._attribute(root, "given_inputs", int, "true or false", lambda flag: flag in (0, 1))
        parameters = self._attribute(root, "parameters", str, "a JSON object of scalars and lists", _is_json)
        return Answer(method or "", digest or "", {}, bool(given), json.loads(parameters or "{}"))

    def _attribute(
        self, root: h5g.GroupID, name: str, kind: type, expected: str, fits: Callable[[Any], bool]
    ) -> Any:
        value = inspect.scalar_attribute(root, name)
        if isinstance(value, kind) and fits(value):
            return value
        found = "no such attribute, or not a single value" if value is None else repr(value)[:80]
        self._report(
            _ATTRIBUTE_CODES[name], f"attribute {name}", found, expected, "set it on the root of the file"
        )
        return None


def _is_name(text: str) -> bool:
    return len(text) <= 64 and NAME.fullmatch(text) is not None


def _is_json(text: str) -> bool:
    """Tell whether parameters are an object of scalars and lists of scalars."""
    try:
        parameters = json.loads(text) if len(text) <= MAX_PARAMETERS_CHARS else None
    except (ValueError, RecursionError):
        return False
    if not isinstance(parameters, dict):
        return False
    lists = [value if isinstance(value, list) else [value] for value in parameters.values()]
    return all(_is_scalar(value) for value in chain(*lists))


def _is_scalar(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, bool | int | str)
