"""Fixed points among trajectories, in the plane and in the space of principal components."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D

from ctdspec.pages.figures.projections import draw_projections
from ctdspec.pages.style import MUTED

_COLOURS = ("#1b7837", "#e08214", "#d6302b", "#7f0000")
_MARKERS = ("o", "^", "s", "D")


def kind_of(n_unstable: int) -> dict[str, Any]:
    """Give the colour, the marker and the name of fixed points with that many unstable directions."""
    place = min(n_unstable, len(_COLOURS) - 1)
    more = " or more" if place == len(_COLOURS) - 1 else ""
    label = "stable" if place == 0 else f"{place}{more} unstable"
    return {"color": _COLOURS[place], "marker": _MARKERS[place], "label": label}


def draw_fixed_points(
    trajectories: np.ndarray, points: np.ndarray, index: np.ndarray, slow_points: np.ndarray
) -> Figure:
    """Draw points (point, component) over trajectories (trial, time, component), by `index` (point,).

    Slow points, which do not quite stand still, are hollow.
    """
    figure = draw_projections(None, trajectories, MUTED)
    figure.set_figheight(3.0)
    figure.subplots_adjust(bottom=0.26)
    for axes in figure.axes:
        n_dims = len(_axis_list(axes))
        for line in axes.lines:
            line.set(color=MUTED, alpha=0.35)
        _show_all(axes, np.concatenate([points, slow_points])[:, :n_dims])
        _scatter(axes, points[:, :n_dims], np.minimum(index, len(_COLOURS) - 1))
        if len(slow_points):
            axes.plot(
                *slow_points[:, :n_dims].T, ls="", marker="o", mfc="none", mec=MUTED, ms=5, label="slow"
            )
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(
        handles[::-1], labels[::-1],
        loc="lower center", ncols=4, columnspacing=1.0, handletextpad=0.1, fontsize=8.5,
    )  # fmt: skip
    return figure


def _show_all(axes: Axes, points: np.ndarray) -> None:
    """Widen the limits, which are those of the trajectories, until no point lies outside."""
    for axis, values in zip(_axis_list(axes), points.T, strict=False):
        low, high = axis.get_view_interval()
        pad = 0.06 * (high - low)
        low, high = min(low, values.min() - pad), max(high, values.max() + pad)
        axis.set_view_interval(low, high, ignore=True)


def _axis_list(axes: Axes) -> list[Axis]:
    return [axes.xaxis, axes.yaxis, *([axes.zaxis] if isinstance(axes, Axes3D) else [])]


def _scatter(axes: Axes, points: np.ndarray, index: np.ndarray) -> None:
    # The many unstable ones first, so that the attractors lie on top.
    for n_unstable in sorted(set(index.tolist()), reverse=True):
        axes.plot(
            *points[index == n_unstable].T, ls="", ms=6, mec="white", mew=0.6, zorder=5, **kind_of(n_unstable)
        )
