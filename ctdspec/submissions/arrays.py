"""The arrays of an answer while they are read, in pieces of trials."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

import numpy as np

from ctdspec import scratch
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.expected import CONNECTIVITY

Room = Callable[[str, str, tuple[int, ...], int], AbstractContextManager[np.ndarray]]
"""Gives room for the next rows of an array, by its split (empty for an array of none), its name, its shape,
and their number; the rows are there when the context ends."""


class Arrays:
    """Arrays whose rows arrive in order, at most `most_bytes` in all; what is large lies in a file."""

    def __init__(self, most_bytes: float = math.inf) -> None:
        self._left_bytes = most_bytes
        self._arrays: dict[tuple[str, str], np.ndarray] = {}
        self._n_rows: dict[tuple[str, str], int] = {}

    def room(
        self, split: str, name: str, shape: tuple[int, ...], n_rows: int
    ) -> AbstractContextManager[np.ndarray]:
        """Give the next rows of an array, to be filled; a ValueError if there are not as many, or no room."""
        place = split, name
        if place not in self._arrays:
            self._left_bytes -= 4 * math.prod(shape)
            if self._left_bytes < 0:
                raise ValueError(f"{split}/{name}: no room for {shape}")
            self._arrays[place] = scratch.empty(shape, np.float32)
        array, start = self._arrays[place], self._n_rows.get(place, 0)
        if array.shape != shape or not 0 < n_rows <= len(array) - start:
            raise ValueError(f"{split}/{name}: {n_rows} rows after {start} of {array.shape}")
        self._n_rows[place] = start + n_rows
        return nullcontext(array[start : start + n_rows])

    def answer(self, head: Answer, names: Iterable[tuple[str, str]]) -> Answer:
        """Put arrays, by split and name, into an answer that has none; a KeyError if rows are missing."""
        whole: dict[str, dict[str, np.ndarray]] = {}
        for split, name in names:
            array = self._arrays[split, name]
            if self._n_rows[split, name] != len(array):
                raise KeyError(f"{split}/{name}: rows are missing")
            whole.setdefault(split, {})[name] = array
        connectivity = whole.pop("", {}).get(CONNECTIVITY)
        # A split whose rates are no good has nothing to be scored by.
        splits = {split: SplitAnswer(**found) for split, found in whole.items() if "rates_hz" in found}
        return replace(head, splits=splits, connectivity=connectivity)
