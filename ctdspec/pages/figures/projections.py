"""Trajectories in the plane and in the space of the first principal components."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D

from ctdspec.pages.style import TRUTH, new_figure

_TAIL = 0.002
"""Share of bins, on either side, that may lie outside the limits before they are padded."""


def draw_projections(drawn: np.ndarray | None, true: np.ndarray, colour: str) -> Figure:
    """Draw trajectories (trial, time, component) over the true ones, in two dimensions and in three.

    Without trajectories of a method the truth is drawn alone. The limits are those of the truth in any case,
    so that figures can be compared. With two components there is no third dimension to draw.
    """
    figure = new_figure(2.6)
    spaces = [2, 3] if true.shape[2] >= 3 else [2]
    for place, n_dims in enumerate(spaces, start=1):
        if n_dims == 3:
            axes = _space(figure, true)
        else:
            axes = figure.add_subplot(1, len(spaces), place)
            _plane(axes, true)
        _lines(axes, true[..., :n_dims], TRUTH, 0.2 if drawn is not None else 0.7)
        if drawn is not None:
            _lines(axes, drawn[..., :n_dims], colour, 0.75)
    return figure


def _lines(axes: Axes, trajectories: np.ndarray, colour: str, alpha: float) -> None:
    for trial in trajectories:
        # As pixels: thousands of line segments would weigh more.
        axes.plot(*trial.T, color=colour, alpha=alpha, lw=0.7, rasterized=True)


def _plane(axes: Axes, true: np.ndarray) -> None:
    axes.set(xlabel="PC1 (a.u.)", ylabel="PC2 (a.u.)", xlim=_limits(true[..., 0]), ylim=_limits(true[..., 1]))
    axes.locator_params(nbins=5)
    axes.set_aspect("equal")


def _space(figure: Figure, true: np.ndarray) -> Axes3D:
    axes = figure.add_axes((0.52, 0.04, 0.42, 0.92), projection="3d")
    assert isinstance(axes, Axes3D)
    for number, axis in enumerate((axes.xaxis, axes.yaxis, axes.zaxis)):
        axis.set_view_interval(*_limits(true[..., number]), ignore=True)
        axis.set_ticklabels([])
        axis.set_label_text(f"PC{number + 1}")
        axis.labelpad = -12
    axes.autoscale(False)
    return axes


def _limits(values: np.ndarray) -> tuple[float, float]:
    low, high = np.nanquantile(values, [_TAIL, 1 - _TAIL])
    pad = 0.12 * (high - low) or 1.0
    return float(low - pad), float(high + pad)
