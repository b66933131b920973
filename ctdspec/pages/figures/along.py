"""Scores against what is swept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation, Transform

from ctdspec.pages.style import Pen, label_logarithmic, new_figure

_DECADE = 8.0
"""Positive values that span more than this are spread over a logarithmic axis."""

_APART_IN = 0.05

Interval = tuple[float | None, float | None]


@dataclass(frozen=True)
class Line:
    """What one method scores at ascending values of a path.

    Attributes
    ----------
    trials, seeds
        95 % intervals over test trials and of the mean over seeds; None where there is none.
    in_view
        Whether the axis must have room for it; chance may be far off.
    """

    label: str
    pen: Pen
    places: Sequence[float]
    values: Sequence[float]
    trials: Sequence[Interval]
    seeds: Sequence[Interval]
    in_view: bool = True


def draw_along(lines: Sequence[Line], path: str, label: str) -> Figure:
    """Draw scores against the values of a path, with intervals over test trials (thick) and seeds (thin)."""
    figure = new_figure(3.2 + 0.17 * len(lines), bottom_in=0.6 + 0.17 * len(lines))
    axes = figure.add_subplot(xlabel=path, ylabel=label)
    places = sorted({place for line in lines for place in line.places})
    if places[0] > 0 and places[-1] > _DECADE * places[0]:
        axes.set_xscale("log")
        label_logarithmic(axes.xaxis)
    for number, line in enumerate(lines):
        # A little apart, so that intervals do not cover each other.
        beside = ScaledTranslation(_APART_IN * (number - (len(lines) - 1) / 2), 0, figure.dpi_scale_trans)
        _draw_line(axes, line, axes.transData + beside)
    # What is drawn beside its place does not move the limits.
    axes.update_datalim([(place, 0.0) for place in places])
    axes.margins(x=0.06)
    axes.autoscale_view()
    axes.set_ylim(*_view(lines))
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.5 / 2.5), borderaxespad=0, fontsize=8, ncols=1)
    return figure


def _view(lines: Sequence[Line]) -> tuple[float, float]:
    """Give the limits of an axis that shows every line that has to be seen, with its intervals."""
    seen = [line for line in lines if line.in_view] or lines
    ends = [end for line in seen for pair in (*line.trials, *line.seeds) for end in pair if end is not None]
    numbers = [*ends, *(value for line in seen for value in line.values)]
    margin = 0.08 * (max(numbers) - min(numbers)) or 0.5
    return min(numbers) - margin, max(numbers) + margin


def _draw_line(axes: Axes, line: Line, transform: Transform) -> None:
    colour = line.pen.colour
    dots: dict[str, Any] = {"ls": line.pen.dash, "marker": "o", "ms": 4, "label": line.label}
    axes.plot(line.places, line.values, color=colour, transform=transform, **dots)
    for width, intervals in ((3.0, line.trials), (0.9, line.seeds)):
        bar: dict[str, Any] = {"lw": width, "solid_capstyle": "butt", "zorder": 1}
        for place, (low, high) in zip(line.places, intervals, strict=True):
            if low is not None and high is not None:
                axes.plot([place, place], [low, high], color=colour, transform=transform, **bar)
