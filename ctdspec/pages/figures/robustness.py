"""Errors of a network that is disturbed."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from ctdspec.pages.style import MUTED, TRUTH, label_logarithmic, new_figure

_MOST_TICKS = 4


def draw_robustness(
    undisturbed: float, inputs: tuple[np.ndarray, np.ndarray], structure: tuple[np.ndarray, np.ndarray]
) -> Figure:
    """Draw errors in percent against the strength of a disturbance, on logarithmic axes.

    Parameters
    ----------
    undisturbed
        The error without any.
    inputs, structure
        Strengths (strength,) and errors (strength, draw), with disturbed inputs and with disturbed weights.
    """
    figure = new_figure(2.9, left_in=0.75)
    shared = None
    for place, (what, (strengths, errors)) in enumerate((("inputs", inputs), ("weights", structure)), 1):
        shared = axes = figure.add_subplot(1, 2, place, sharey=shared)
        axes.set(xscale="log", yscale="log", xlabel=f"disturbance of the {what}")
        axes.axhline(100, color=MUTED, lw=0.9)
        axes.axhline(undisturbed, color=MUTED, lw=0.9, ls="dotted")
        axes.plot(strengths, errors, color=MUTED, ls="", marker=".", ms=2.5)
        by_strength = np.argsort(strengths)
        axes.plot(
            strengths[by_strength], errors.mean(axis=1)[by_strength], color=TRUTH, marker="o", ms=4.5, lw=1
        )
        ticks = np.sort(strengths)[:: 1 + len(strengths) // _MOST_TICKS]
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.set_xticks([], minor=True)
        label_logarithmic(axes.yaxis)
    figure.axes[0].set_ylabel("error (%)")
    return figure
