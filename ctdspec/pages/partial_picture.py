"""The pictures of partial observation: circuits, and what models of a part of them make of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ctdspec.pages.png import write_png
from ctdspec.pages.style import applied


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues of the weights of a circuit and of its student, complex, (unit,) and (seen,)."""

    name: str
    true: np.ndarray
    student: np.ndarray


@dataclass(frozen=True)
class SlowestTimes:
    """The slowest time constants of students of several circuits of one kind.

    Attributes
    ----------
    name
        The kind.
    true_s : (circuit,)
        Of the circuits.
    share : (share,)
        Of the units that are seen.
    student_s : (circuit, share)
    """

    name: str
    true_s: np.ndarray
    share: np.ndarray
    student_s: np.ndarray


@dataclass(frozen=True)
class PlaneFlow:
    """A flow in a plane.

    Attributes
    ----------
    name
        Whose.
    extent
        The plane reaches from −extent to extent in both directions.
    along_x, along_y : (y, x)
        How fast states move, on an even grid.
    paths : (path, time, 2)
        Some states on their way.
    """

    name: str
    extent: float
    along_x: np.ndarray
    along_y: np.ndarray
    paths: np.ndarray


@dataclass(frozen=True)
class Runs:
    """The first unit in runs without noise, `along` (run, time), at `time_s` (time,)."""

    name: str
    time_s: np.ndarray
    along: np.ndarray


@dataclass(frozen=True)
class PartialObservation:
    """What the pictures show; each is drawn if it is there."""

    spectra: Sequence[Spectrum] = ()
    time_constants: Sequence[SlowestTimes] = ()
    flow_fields: Sequence[PlaneFlow] = ()
    limit_sets: Sequence[Runs] = ()


def write_partial_pictures(paths: Mapping[str, Path], seen: PartialObservation) -> None:
    """Draw each picture that is named as PNG; the same contents give the same bytes."""
    from ctdspec.pages.figures.seen_flows import draw_flows
    from ctdspec.pages.figures.seen_runs import draw_runs
    from ctdspec.pages.figures.seen_spectra import draw_spectra
    from ctdspec.pages.figures.seen_times import draw_times

    draw = {
        "spectra": lambda: draw_spectra(seen.spectra),
        "time_constants": lambda: draw_times(seen.time_constants),
        "flow_fields": lambda: draw_flows(seen.flow_fields),
        "limit_sets": lambda: draw_runs(seen.limit_sets),
    }
    with applied():
        for name, path in paths.items():
            write_png(path, draw[name]())
