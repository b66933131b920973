"""Time constants against the share of a circuit that is seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from ctdspec.pages.style import MUTED, Pen, label_logarithmic, new_figure

if TYPE_CHECKING:
    from ctdspec.pages.partial_picture import SlowestTimes


def draw_times(kinds: Sequence[SlowestTimes]) -> Figure:
    """Draw medians and ranges over circuits of the student's slowest time constant; dashed: the circuits'."""
    figure = new_figure(3.6, right_in=2.0, width_in=6.6)
    axes = figure.add_subplot(
        xlabel="share of the units that are seen",
        ylabel="slowest time constant (s)",
        xscale="log",
        yscale="log",
    )
    for number, kind in enumerate(kinds):
        colour = Pen.number(number).colour
        middle, low, high = (f(kind.student_s, axis=0) for f in (np.median, np.min, np.max))
        axes.fill_between(kind.share, low, high, color=colour, alpha=0.2, lw=0)
        axes.plot(kind.share, middle, color=colour, marker="o", ms=3.5, label=kind.name)
        axes.axhline(float(np.median(kind.true_s)), color=colour, lw=0.9, ls=(4 * number, (4, 16)))
    for axis in (axes.xaxis, axes.yaxis):
        label_logarithmic(axis)
    axes.plot([], [], color=MUTED, lw=0.9, ls="dashed", label="the circuits' own")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8.5)
    return figure
