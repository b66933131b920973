"""Flows in a plane, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from ctdspec.pages.style import MUTED, Pen, new_figure

if TYPE_CHECKING:
    from ctdspec.pages.partial_picture import PlaneFlow


def draw_flows(flows: Sequence[PlaneFlow]) -> Figure:
    """Draw each flow as lines that are the broader the faster, and some states on their way."""
    figure = new_figure(3.3, width_in=2.9 * len(flows) + 0.5, top_in=0.3)
    figure.subplots_adjust(wspace=0.22)
    fastest = max(float(np.hypot(flow.along_x, flow.along_y).max()) for flow in flows)
    for place, flow in enumerate(flows, 1):
        axes = figure.add_subplot(1, len(flows), place, xlabel="first component")
        axes.set_title(flow.name, fontsize=9.5)
        grid = np.linspace(-flow.extent, flow.extent, flow.along_x.shape[1])
        speed = np.hypot(flow.along_x, flow.along_y) / fastest
        axes.streamplot(
            grid, grid, flow.along_x, flow.along_y,
            color=MUTED, linewidth=0.4 + 2.2 * speed, density=0.9, arrowsize=0.8,
        )  # fmt: skip
        for path in flow.paths:
            axes.plot(*path.T, color=Pen.number(1).colour, lw=1.8)
            axes.plot(*path[-1], color=Pen.number(1).colour, marker="o", ms=5)
        axes.set(xlim=(-flow.extent, flow.extent), ylim=(-flow.extent, flow.extent))
        axes.set_aspect("equal")
    figure.axes[0].set_ylabel("second component")
    return figure
