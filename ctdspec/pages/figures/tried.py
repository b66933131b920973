"""What the draws of a search reached."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from ctdspec.pages.style import HIGHLIGHT, Pen, label_logarithmic, new_figure


def draw_tried(
    places: Sequence[float],
    values: Sequence[float],
    best: int,
    labels: tuple[str, str],
    is_logarithmic: bool,
) -> Figure:
    """Draw a dot for each draw, the best on a broad ring.

    Parameters
    ----------
    places, values
        What was drawn, and what it reached.
    best
        Place of the best in these lists.
    labels
        Of the axis of the places, and of that of the values.
    is_logarithmic
        Whether the places are on a logarithmic axis.
    """
    figure = new_figure(2.9)
    axes = figure.add_subplot(xlabel=labels[0], ylabel=labels[1])
    if is_logarithmic:
        axes.set_xscale("log")
        label_logarithmic(axes.xaxis)
    axes.plot(places[best], values[best], "o", ms=13, color=HIGHLIGHT)
    axes.plot(places, values, "o", ms=4, color=Pen.number(0).colour)
    axes.margins(x=0.06, y=0.1)
    return figure
