"""Trajectories and fixed points in the space of three principal components, which a reader turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ctdspec.pages.figures.fixed_points import kind_of
from ctdspec.pages.principal import PrincipalAxes
from ctdspec.pages.scene import Scene
from ctdspec.pages.style import MUTED, TRUTH
from ctdspec.pages.system import FixedPointsSeen
from ctdspec.pages.viewers.packed import packed_positions

MOST_BINS = 1000
"""Bins of a trajectory that are drawn; of a longer one every second, third, … ."""
WAY = 0.2
"""Length of an unstable direction that lies in the space that is drawn; half of the box is 1."""
_TAIL = 0.002


@dataclass(frozen=True)
class Space:
    """What a reader turns.

    Attributes
    ----------
    name : str
        Of the element in the page.
    says : str
        What there is to see.
    shown : list of str
        What can be shown and hidden, in the order of the data's lines and points.
    trials : list of int
        Places in the dataset of the trials that are drawn.
    data : dict
        What the script draws.
    """

    name: str
    says: str
    shown: list[str]
    trials: list[int]
    data: dict[str, Any]

    @property
    def has_ways(self) -> bool:
        """Whether any point has unstable directions."""
        return any(kind["ways"] for kind in self.data["points"])


@dataclass(frozen=True)
class _Box:
    """The cube that holds the true trajectories, as wide in every direction."""

    centre: np.ndarray
    half: float

    @classmethod
    def around(cls, true: np.ndarray, points: np.ndarray) -> _Box:
        """Give room to all but the outermost bins of trajectories (…, component), and to every point."""
        ends = np.nanquantile(true.reshape(-1, true.shape[-1]), [_TAIL, 1 - _TAIL], axis=0)
        reached = np.concatenate([ends, points])
        low, high = reached.min(axis=0), reached.max(axis=0)
        return cls((low + high) / 2, float((high - low).max()) / 2 or 1.0)

    def place(self, components: np.ndarray) -> np.ndarray:
        return (components - self.centre) / self.half


def trajectory_space(scene: Scene) -> Space | None:
    """Give the trajectories of the truth and of each method; None with fewer than three components."""
    if scene.components.shape[2] < 3:
        return None
    box = _Box.around(scene.components, np.zeros((0, 3)))
    lines = [_line("truth", TRUTH, "solid", box.place(scene.components))]
    lines += [
        _line(method.name, method.pen.colour, method.pen.dash, box.place(components))
        for method, components in scene.with_components()
    ]
    return _space("trajectory-space", "Trajectories", scene, lines, [])


def fixed_point_space(seen: FixedPointsSeen | None, scene: Scene) -> Space | None:
    """Give fixed points by the number of their unstable directions, among true trajectories; None if none."""
    if seen is None or not len(seen.points) + len(seen.slow_points) or scene.components.shape[2] < 3:
        return None
    every_point = scene.axes.project(np.concatenate([seen.points, seen.slow_points]))
    box = _Box.around(scene.components, every_point)
    labels = np.array([kind_of(int(n))["label"] for n in seen.index])
    kinds = {kind_of(n)["label"]: kind_of(n) for n in sorted(set(seen.index.tolist()))}
    points = [
        _points(kind, seen.points[labels == label], seen.jacobian[labels == label], scene.axes, box)
        for label, kind in kinds.items()
    ]
    if len(seen.slow_points):
        slow = {"label": "slow", "color": MUTED, "marker": "o"}
        points.append(_points(slow, seen.slow_points, None, scene.axes, box))
    lines = [_line("trajectories", MUTED, "solid", box.place(scene.components))]
    return _space("fixed-point-space", f"Trajectories and fixed points ({seen.kinds})", scene, lines, points)


def unstable_directions(jacobian: np.ndarray) -> np.ndarray:
    """Give unit vectors (direction, latent) that span what grows under a Jacobian of one step.

    One for each real eigenvalue outside the unit circle, two for each pair of complex ones.
    """
    eigenvalues, vectors = np.linalg.eig(jacobian)
    grows = (np.abs(eigenvalues) > 1) & (np.imag(eigenvalues) >= 0)
    spanning = [
        part
        for value, vector in zip(eigenvalues[grows], vectors.T[grows], strict=True)
        for part in ((vector.real, vector.imag) if value.imag > 0 else (vector.real,))
    ]
    return np.array([part / np.linalg.norm(part) for part in spanning]).reshape(-1, len(jacobian))


def _space(
    name: str, what: str, scene: Scene, lines: list[dict[str, Any]], points: list[dict[str, Any]]
) -> Space:
    trials = scene.examples.numbers.tolist()
    n_bins = scene.components.shape[1]
    data = {
        "axes": ["PC1", "PC2", "PC3"],
        "n_trials": len(trials),
        "n_bins": len(range(0, n_bins, _stride(n_bins))),
        "bin_s": scene.examples.bin_s * _stride(n_bins),
        "lines": lines,
        "points": points,
    }
    shown = [*(line["name"] for line in lines), *(kind["name"] for kind in points)]
    says = f"{what} of {len(trials)} test trials in the first three principal components of the truth."
    return Space(name, says, shown, trials, data)


def _stride(n_bins: int) -> int:
    return -(-n_bins // MOST_BINS)


def _line(name: str, colour: str, dash: str, placed: np.ndarray) -> dict[str, Any]:
    kept = placed[:, :: _stride(placed.shape[1])]
    return {"name": name, "colour": colour, "dash": dash, "positions": packed_positions(kept)}


def _points(
    kind: dict[str, Any], points: np.ndarray, jacobians: np.ndarray | None, axes: PrincipalAxes, box: _Box
) -> dict[str, Any]:
    at = box.place(axes.project(points))
    ways = [
        [*place, *(WAY * axes.axes[:, :3].T @ direction)]
        for place, jacobian in zip(at, () if jacobians is None else jacobians, strict=False)
        for direction in unstable_directions(jacobian)
    ]
    return {
        "name": f"{kind['label']} ({len(points)})",
        "colour": kind["color"],
        "marker": kind["marker"] if jacobians is not None else "ring",
        "at": packed_positions(at),
        "ways": packed_positions(np.array(ways).reshape(-1, 6)),
    }
