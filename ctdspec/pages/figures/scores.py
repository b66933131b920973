"""The scores of one metric: dots, intervals, the ceiling and chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ctdspec.pages.figures.sight import in_sight
from ctdspec.pages.score_table import score_text
from ctdspec.pages.style import MUTED, TRUTH, Pen, new_figure, text_in
from ctdspec.results.score_record import ScoreRecord

_MARGIN = 0.08
_ABOVE = -0.42
"""Where arrows of ceiling and chance are: above the first row."""


def draw_scores(
    rows: Sequence[ScoreRecord], references: ScoreRecord, pens: Mapping[str, Pen], label: str
) -> Figure:
    """Draw the rows of one metric, one method per line, in their order from the top.

    Values that are not defined have no dot. Ceiling and chance are lines; `references` is any row of the
    metric, which all have the same. What is so far off that the rest could not be told apart is an arrow at
    the edge, with its number; see `in_sight`.
    """
    longest = max((text_in(row.method) for row in rows), default=0)
    figure = new_figure(1.0 + 0.3 * len(rows), left_in=0.2 + longest, top_in=0.3)
    axes = figure.add_subplot(xlabel=label, ylim=(len(rows) - 0.4, -0.6))
    _limit(axes, rows, references)
    for level, row in enumerate(rows):
        axes.axhline(level, color="#e3e6ea", lw=0.8, zorder=0)
        if row.value is not None:
            _draw_row(axes, row, level, pens[row.method].colour)
    lines = (
        ("ceiling", references.ceiling, TRUTH, "dashed"),
        ("chance", references.chance, MUTED, "dotted"),
    )
    for name, value, colour, dash in lines:
        if value is not None:
            axes.axvline(value, color=colour, ls=dash, lw=1.4, label=f"{name} {score_text(value)}")
            _point_outside(axes, value, _ABOVE, colour)
    axes.set_yticks(range(len(rows)), [row.method for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(
            loc="lower right", bbox_to_anchor=(1.03, 1.0), ncols=2, borderaxespad=0.2, columnspacing=1.2
        )
    return figure


def _limit(axes: Axes, rows: Sequence[ScoreRecord], references: ScoreRecord) -> None:
    values = [row.value for row in rows if row.value is not None]
    if not values and references.ceiling is None and references.chance is None:
        return
    low, high = in_sight(values, references.ceiling, references.chance)
    shown = [row for row in rows if row.value is not None and low <= row.value <= high]
    ends = [end for row in shown for end in (row.low, row.high) if end is not None]
    # An interval is shown whole, unless it is wider than everything else.
    span = high - low
    low = max(min([low, *ends]), low - span)
    high = min(max([high, *ends]), high + span)
    margin = _MARGIN * (high - low) or 0.05 * abs(high) or 0.05
    axes.set_xlim(low - margin, high + margin)


def _draw_row(axes: Axes, row: ScoreRecord, level: int, colour: str) -> None:
    assert row.value is not None, "a row that has a dot"
    if row.low is not None and row.high is not None:
        axes.plot([row.low, row.high], [level, level], color=colour, lw=1.8, marker="|", ms=9, mew=1.5)
    axes.plot([row.value], [level], color=colour, marker="o", ms=5)
    _point_outside(axes, row.value, level, colour)


def _point_outside(axes: Axes, value: float, level: float, colour: str) -> None:
    """Draw an arrow at the edge beyond which a value lies, with its number; nothing if it is inside."""
    low, high = axes.get_xlim()
    if low <= value <= high:
        return
    left, inset = value < low, 0.012 * (high - low)
    edge, marker, align = (low + inset, "<", "left") if left else (high - inset, ">", "right")
    axes.plot([edge], [level], color=colour, marker=marker, ms=6)
    axes.annotate(
        score_text(value),
        (edge, level),
        xytext=(7 if left else -7, 0),
        textcoords="offset points",
        ha=align,
        va="center",
        color=colour,
        fontsize="small",
    )
