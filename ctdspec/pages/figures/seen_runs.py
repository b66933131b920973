"""Where runs without noise end, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from ctdspec.pages.style import MUTED, Pen, new_figure

if TYPE_CHECKING:
    from ctdspec.pages.partial_picture import Runs


def draw_runs(several: Sequence[Runs]) -> Figure:
    """Draw the first unit against time."""
    figure = new_figure(2.7, width_in=2.6 * len(several) + 0.5, top_in=0.3)
    figure.subplots_adjust(wspace=0.1)
    shared = None
    for place, runs in enumerate(several, 1):
        shared = axes = figure.add_subplot(1, len(several), place, sharex=shared, sharey=shared)
        axes.set_title(runs.name, fontsize=9.5)
        axes.set_xlabel("time (s)")
        axes.axhline(0, color=MUTED, lw=0.8)
        for number, along in enumerate(runs.along):
            axes.plot(runs.time_s, along, color=Pen.number(number).colour, lw=0.9)
        if place > 1:
            axes.tick_params(labelleft=False)
    figure.axes[0].set_ylabel("first unit")
    return figure
