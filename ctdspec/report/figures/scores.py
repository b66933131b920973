"""The scores of one metric: dots, intervals, the ceiling and chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from ctdspec.report.score_table import ScoreRow
from ctdspec.report.style import MUTED, TRUTH, WIDTH_IN, Pen


def draw_scores(rows: Sequence[ScoreRow], pens: Mapping[str, Pen], label: str) -> Figure:
    """Draw the rows of one metric, one method per line, in their order from the top.

    Values that are not defined have no dot. The ceiling and chance are the same for all rows of a metric.
    """
    figure = Figure(figsize=(WIDTH_IN, 1.25 + 0.32 * len(rows)), layout="constrained")
    axes = figure.add_subplot(xlabel=label, ylim=(len(rows) - 0.4, -0.6))
    for level, row in enumerate(rows):
        axes.axhline(level, color="#e3e6ea", lw=0.8, zorder=0)
        if row.value is not None:
            colour = pens[row.method].colour
            if row.low is not None and row.high is not None:
                axes.plot([row.low, row.high], [level, level], color=colour, lw=2.6, solid_capstyle="round")
            axes.plot([row.value], [level], color=colour, marker="o", ms=7, mec="white", mew=0.8)
    references = (
        ("ceiling (oracle)", rows[0].ceiling, TRUTH, "dashed"),
        ("chance", rows[0].chance, MUTED, "dotted"),
    )
    for name, value, colour, dash in references:
        if value is not None:
            axes.axvline(value, color=colour, ls=dash, lw=1.3, label=f"{name} {value:.3g}")
    axes.set_yticks(range(len(rows)), [row.method for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.08)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderaxespad=0.2)
    return figure
