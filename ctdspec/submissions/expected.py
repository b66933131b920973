"""What an answer to a dataset must look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ctdspec import scratch
from ctdspec.errors import SubmissionError
from ctdspec.submissions.answer import SPLITS, Answer, SplitAnswer

CONNECTIVITY = "connectivity"
"""The array that is not of a split."""
MAX_WIDTH = 4096
"""Most dimensions that states or inputs may have."""


@dataclass(frozen=True)
class Problem:
    """Something that is wrong with an answer, in words."""

    place: str
    found: str
    expected: str
    advice: str
    code: str = ""
    """Of the check that found it, for ``ctdspec explain``; empty in files of other formats."""

    def __str__(self) -> str:
        return f"{self.place}: found {self.found}, expected {self.expected}; {self.advice}" + (
            f" [{self.code}]" if self.code else ""
        )


def coded(code: str, place: str, found: str, expected: str, advice: str) -> Problem:
    """Give a problem that a check found; a code never changes its meaning."""
    return Problem(place, found, expected, advice, code)


@dataclass(frozen=True)
class Expected:
    """What an answer to a dataset must look like.

    Attributes
    ----------
    dataset : str
        Digest of the dataset.
    n_trials : mapping
        Trials of each split.
    n_bins, n_neurons : int
        Bins of a trial, and neurons: the held-in and the held-out ones.
    n_stimulus : int
        Width of the stimulus that methods may be given; 0 for none.
    """

    dataset: str
    n_trials: Mapping[str, int]
    n_bins: int
    n_neurons: int
    n_stimulus: int = 0

    def ensure(self, answer: Answer) -> None:
        """Raise a `SubmissionError` that lists everything that is wrong with an answer, if anything is."""
        raise_problems(f"answer of {answer.method}", list(self.problems(answer)))

    def problems(self, answer: Answer) -> Iterator[Problem]:
        """Find what is wrong: the dataset, the splits, the shapes, the values."""
        yield from self.dataset_problems(answer.dataset)
        yield from self.split_problems(set(answer.splits))
        if (matrix := answer.connectivity) is not None:
            yield from list(self.connectivity_problems(matrix.shape)) or value_problems(
                "", CONNECTIVITY, matrix
            )
        widths: dict[str, dict[str, int]] = {"states": {}, "inputs": {}}
        for split in sorted(set(answer.splits) & set(self.n_trials)):
            for name, array in named_arrays(answer.splits[split]).items():
                found = list(self.shape_problems(split, name, array.shape))
                yield from found or value_problems(split, name, array)
                if name in widths and array.ndim == 3:
                    widths[name][split] = array.shape[2]
        for name, width in widths.items():
            yield from width_problems(name, width, set(answer.splits))

    def dataset_problems(self, dataset: str) -> Iterator[Problem]:
        """Find that the answer is to another dataset."""
        if dataset != self.dataset:
            advice = "answer the dataset that you are scored against, or score against the one you answered"
            yield coded("SUB-STR-005", "dataset", repr(dataset[:80]), repr(self.dataset), advice)

    def split_problems(self, splits: set[str]) -> Iterator[Problem]:
        """Find splits that are unknown, and that ``test`` is missing."""
        for name in sorted(splits - set(self.n_trials)):
            allowed = ", ".join(self.n_trials)
            yield coded("SUB-STR-008", name[:80], "an unknown split", allowed, "rename or remove it")
        if "test" not in splits:
            found = ", ".join(sorted(splits & set(SPLITS))) or "no split"
            advice = "add rates_hz for the test trials"
            yield coded("SUB-STR-009", "test", found, "the test split, which is scored", advice)

    def shape_problems(self, split: str, name: str, shape: tuple[int, ...]) -> Iterator[Problem]:
        """Find that the array `name` of a split, of this shape, does not fit."""
        width = self.n_neurons if name == "rates_hz" else None
        wanted = (self.n_trials[split], self.n_bins, width)
        fits = len(shape) == 3 and shape[:2] == wanted[:2]
        if not fits or (shape[2] != width if width is not None else not 1 <= shape[2] <= MAX_WIDTH):
            axes = f"(trial {wanted[0]}, time {wanted[1]}, {_width_text(name, width)})"
            code, advice = (
                "SUB-STR-012",
                "keep the dataset's order of trials and give every bin and every neuron",
            )
            if len(shape) == 3 and set(wanted[:2]) | ({width} - {None}) <= set(shape):
                code, advice = "SUB-STR-013", "put the axes into the order trial, time, column (np.transpose)"
            yield coded(code, f"{split}/{name}", f"shape {shape}", axes, advice)

    def connectivity_problems(self, shape: tuple[int, ...]) -> Iterator[Problem]:
        """Find that a connectivity of this shape does not fit."""
        if shape != (self.n_neurons, self.n_neurons):
            wanted = f"(neuron {self.n_neurons}, source neuron {self.n_neurons})"
            advice = (
                "give a row and a column to every neuron, held-in and held-out, in the order of their ids"
            )
            yield coded("SUB-STR-018", CONNECTIVITY, f"shape {shape}", wanted, advice)


def _width_text(name: str, width: int | None) -> str:
    if width is not None:
        return f"neuron {width}"
    return f"{'latent' if name == 'states' else 'input'} 1 to {MAX_WIDTH}"


def named_arrays(split: SplitAnswer) -> dict[str, np.ndarray]:
    """Give the arrays that a split's answer has, by name."""
    arrays = {"rates_hz": split.rates_hz, "states": split.states, "inputs": split.inputs}
    return {name: array for name, array in arrays.items() if array is not None}


def value_problems(split: str, name: str, array: np.ndarray) -> Iterator[Problem]:
    """Find values that are not finite, and rates below zero; `split` is empty for an array of none."""
    values = Values(split, name)
    for piece in scratch.pieces(array):
        values.add(array[piece])
    yield from values.problems()


class Values:
    """Judges the values of an array, whose rows are shown to it in order."""

    def __init__(self, split: str, name: str) -> None:
        self._place, self._is_rates = f"{split}/{name}" if split else name, name == "rates_hz"
        self._n_rows = 0
        self._strange, self._negative = _Bad(), _Bad()

    def add(self, rows: np.ndarray) -> None:
        """Look at the next rows."""
        # The extremes are NaN or infinite if any value is; they need no second array.
        low, high = float(rows.min()), float(rows.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            self._strange.add(~np.isfinite(rows), self._n_rows)
        elif self._is_rates and low < 0:
            self._negative.add(rows < 0, self._n_rows)
        self._n_rows += len(rows)

    def problems(self) -> Iterator[Problem]:
        """Find values that are not finite, and rates below zero, in what was shown."""
        if self._strange.n:
            found = f"{self._strange.n} values that are NaN or infinite, the first at {self._strange.first}"
            expected = "finite values everywhere, padding included"
            yield coded("SUB-VAL-001", self._place, found, expected, "fill or clip them")
        elif self._negative.n:
            found = f"{self._negative.n} negative rates, the first at {self._negative.first}"
            advice = "clip them, or undo a logarithm"
            yield coded("SUB-VAL-002", self._place, found, "rates in Hz of at least 0", advice)


class _Bad:
    """How many values are bad, and where the first is, in words."""

    def __init__(self) -> None:
        self.n, self.first = 0, ""

    def add(self, bad: np.ndarray, start: int) -> None:
        """Count those of the rows that begin with row `start`; at least one is bad."""
        self.n += int(bad.sum())
        if not self.first:
            axes = ("trial", "time", "column") if bad.ndim == 3 else ("row", "column")
            row, *others = np.unravel_index(int(np.argmax(bad)), bad.shape)
            named = zip(axes, (start + row, *others), strict=True)
            self.first = f"({', '.join(f'{axis} {at}' for axis, at in named)})"


def width_problems(name: str, widths: Mapping[str, int], splits: set[str]) -> Iterator[Problem]:
    """Find that states or inputs are there for some splits only, or differ in dimension between splits."""
    if len(set(widths.values())) > 1:
        found = ", ".join(f"{split} {width}" for split, width in sorted(widths.items()))
        advice = "answer all splits with one model"
        yield coded("SUB-STR-017", name, found, "the same dimension in every split", advice)
    needed = (splits & set(SPLITS)) | {"train", "test"}
    if widths and (missing := sorted(needed - set(widths))):
        expected = f"{name} in train, test and every other split that is answered"
        found = f"none in {', '.join(missing)}"
        yield coded("SUB-STR-016", name, found, expected, f"add them, or leave {name} out everywhere")


def raise_problems(source: str, problems: list[Problem]) -> None:
    """Raise one `SubmissionError` that lists all problems, if there are any."""
    if problems:
        lines = [f"{source}: {len(problems)} problem{'s' * (len(problems) > 1)}", *map(str, problems)]
        raise SubmissionError("\n  ".join(lines))
