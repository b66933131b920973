"""Arrays by name from another program's file, as safely as from a submission."""

# h5py does not declare its low-level modules, which are compiled.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import h5py
import numpy as np
from h5py import h5d, h5g

from ctdspec.submissions import inspect
from ctdspec.submissions.expected import MAX_WIDTH, Problem

_MAX_OBJECTS = 1024
_RANK = 3


class Arrays:
    """The three-dimensional arrays of one group; what is wrong with those that are read is in `problems`."""

    def __init__(self, group: h5g.GroupID) -> None:
        self._group = group
        self.problems: list[Problem] = []

    @property
    def names(self) -> list[str]:
        """Names of the arrays (trial, time, …) that lie in the group itself."""
        if self._group.get_num_objs() > _MAX_OBJECTS:
            return []
        found = (name.decode(errors="replace") for name in self._group)
        return sorted(name for name in found if self._dataset(name) is not None)

    def read(self, name: str, shape: tuple[int, int, int | None], advice: str) -> np.ndarray | None:
        """Read an array as float32; None, and a problem, unless it is safe and of this shape.

        A last axis of None may have any length up to `MAX_WIDTH`.
        """
        dataset = self._dataset(name)
        if dataset is None:
            self.problems.append(Problem(name, "no such array", f"an array {_text(shape)}", advice))
            return None
        found = inspect.shape(dataset)
        widths = range(1, MAX_WIDTH + 1) if shape[2] is None else (shape[2],)
        if found[:2] != shape[:2] or found[2] not in widths:
            self.problems.append(Problem(name, f"shape {found}", _text(shape), advice))
            return None
        if problems := list(inspect.dataset_problems(dataset, name)):
            self.problems += problems
            return None
        array = np.empty(found, np.float32)
        h5py.Dataset(dataset).read_direct(array)
        return array

    def _dataset(self, name: str) -> h5d.DatasetID | None:
        """Give an array of three dimensions; None for anything else, and for a link to elsewhere."""
        found = inspect.child(self._group, name, name)
        fits = isinstance(found, h5d.DatasetID) and len(inspect.shape(found)) == _RANK
        return found if fits else None


def _text(shape: tuple[int, int, int | None]) -> str:
    last = f"1 to {MAX_WIDTH}" if shape[2] is None else str(shape[2])
    return f"(trial {shape[0]}, time {shape[1]}, {last})"
