"""From another program's file to an answer."""

# h5py does not declare its low-level modules, which are compiled.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from pathlib import Path

import h5py
from h5py import h5g

from ctdspec.errors import SubmissionError, UsageError
from ctdspec.spec.problem import did_you_mean
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.expected import raise_problems
from ctdspec.submissions.file import ensure_hdf5
from ctdspec.submissions.importers.arrays import Arrays
from ctdspec.submissions.importers.layout import Layout
from ctdspec.submissions.importers.lfads import Lfads
from ctdspec.submissions.importers.nlb import Nlb
from ctdspec.submissions.importers.target import Target

LAYOUTS: dict[str, Layout] = {layout.name: layout for layout in (Lfads(), Nlb())}
"""Every layout that can be imported, by its name."""
NO_STATES = "none"
"""What is given for the name of the states if the file has none, or they are not to be scored."""


def import_answer(path: Path, layout: str, target: Target, states: str | None) -> dict[str, SplitAnswer]:
    """Read another program's file as an answer, by split; nothing is executed or repaired.

    Parameters
    ----------
    path
        The HDF5 file.
    layout
        Who wrote it: ``lfads`` or ``nlb``.
    target
        The dataset that it answers.
    states
        Which of its arrays is the state, without the beginning that says the split; ``none`` for rates
        alone. None is allowed only for a file in which no array could be the state.

    Raises
    ------
    UsageError
        If there is no such layout or array, or the state has to be named; the text lists the arrays.
    SubmissionError
        With everything that is wrong with the file.
    """
    if layout not in LAYOUTS:
        hint = did_you_mean(layout, LAYOUTS) or "see docs/external.md"
        raise UsageError(f"there is no layout {layout!r}; the layouts are {', '.join(LAYOUTS)}; {hint}")
    ensure_hdf5(path)
    try:
        with h5py.File(path, "r") as file:
            return _read(path, LAYOUTS[layout], h5g.open(file.id, b"/"), target, states)
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise SubmissionError(f"{path}: the file is damaged ({error}); write it again") from error


def _read(
    path: Path, layout: Layout, root: h5g.GroupID, target: Target, states: str | None
) -> dict[str, SplitAnswer]:
    arrays = Arrays(layout.group(root))
    chosen = _chosen(path, layout, arrays, states)
    splits = layout.read(arrays, target, chosen)
    raise_problems(str(path), arrays.problems)
    answer = Answer(path.name, target.expected.dataset, splits)
    raise_problems(str(path), list(target.expected.problems(answer)))
    return splits


def _chosen(path: Path, layout: Layout, arrays: Arrays, states: str | None) -> str | None:
    """Give the name of the states, None for none; ask for it if it was not said and cannot be known."""
    scored = [name.removeprefix(layout.scored) for name in arrays.names if name.startswith(layout.scored)]
    candidates = [name for name in scored if name not in layout.never_states]
    if states == NO_STATES or (states is None and not candidates):
        return None
    if states in candidates:
        return states
    what = "which array is the state was not said" if states is None else f"there are no states {states!r}"
    there = ", ".join(candidates) or "no array that could be the state"
    raise UsageError(f"{path}: {what}; the file has {there}; name one of its arrays, or say {NO_STATES}")
