"""Trajectories in the plane and in the space of the first principal components."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D

from ctdspec.report.style import TRUTH, WIDTH_IN

_LIMIT_QUANTILE = 0.002


def draw_projections(drawn: np.ndarray, true: np.ndarray, colour: str) -> Figure:
    """Draw trajectories (trial, time, component) over the true ones, in two dimensions and in three.

    The limits are those of the truth, so that panels can be compared. With two components there is no third
    dimension to draw. The truth itself is drawn by giving it twice.
    """
    spaces = [2, 3] if true.shape[2] >= 3 else [2]
    figure = Figure(figsize=(WIDTH_IN, 2.7), layout="constrained")
    for place, n_dims in enumerate(spaces, start=1):
        axes = figure.add_subplot(1, len(spaces), place, projection="3d" if n_dims == 3 else None)
        for trajectories, ink, alpha in ((true, TRUTH, 0.18), (drawn, colour, 0.75)):
            for trial in trajectories if trajectories is not drawn or drawn is not true else true:
                axes.plot(*trial[:, :n_dims].T, color=ink, alpha=alpha, lw=0.7, rasterized=True)
        _label(axes, true)
    return figure


def _label(axes, true: np.ndarray) -> None:
    three = isinstance(axes, Axes3D)
    for number, axis in enumerate("xyz" if three else "xy"):
        values = true[..., number]
        low, high = np.nanquantile(values, [_LIMIT_QUANTILE, 1 - _LIMIT_QUANTILE])
        pad = 0.15 * (high - low) or 1.0
        getattr(axes, f"set_{axis}lim")(low - pad, high + pad)
        getattr(axes, f"set_{axis}label")(
            f"PC{number + 1} (a.u.)" if not three else f"PC{number + 1}", labelpad=-10 if three else None
        )
        axes.locator_params(axis=axis, nbins=4)
    if three:
        axes.tick_params(labelbottom=False, labelleft=False, labelright=False)
        axes.set_box_aspect(None, zoom=0.95)
