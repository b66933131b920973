"""A way in which other programs write their answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from ctdspec.submissions.answer import SplitAnswer
from ctdspec.submissions.importers.arrays import Arrays
from ctdspec.submissions.importers.target import Target


class Layout(ABC):
    """Names, units and order of the arrays in another program's file."""

    name: ClassVar[str]
    """What `ctdspec import --from` calls it."""
    scored: ClassVar[str]
    """What the names of the arrays of the test trials begin with."""
    never_states: ClassVar[frozenset[str]]
    """Names, without that beginning, of arrays that are known to be something else than states."""

    def group(self, root: Any) -> Any:
        """Give the HDF5 group (h5py's low-level one) in which the arrays are."""
        return root

    @abstractmethod
    def read(self, arrays: Arrays, target: Target, states: str | None) -> dict[str, SplitAnswer]:
        """Give the answer of each split; what is wrong is in ``arrays.problems``.

        `states` is the name of the array that holds the states, without the beginning that says the split.
        """
