"""The scores of one metric: dots, intervals, the ceiling and chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from ctdspec.pages.score_table import ScoreRow, score_text
from ctdspec.pages.style import MUTED, TRUTH, Pen, new_figure, text_in


def draw_scores(
    rows: Sequence[ScoreRow], references: ScoreRow, pens: Mapping[str, Pen], label: str
) -> Figure:
    """Draw the rows of one metric, one method per line, in their order from the top.

    Values that are not defined have no dot. Ceiling and chance are lines; `references` is any row of the
    metric, which all have the same.
    """
    longest = max((text_in(row.method) for row in rows), default=0)
    figure = new_figure(1.0 + 0.3 * len(rows), left_in=0.2 + longest, top_in=0.3)
    axes = figure.add_subplot(xlabel=label, ylim=(len(rows) - 0.4, -0.6))
    for level, row in enumerate(rows):
        axes.axhline(level, color="#e3e6ea", lw=0.8, zorder=0)
        if row.value is not None:
            colour = pens[row.method].colour
            if row.low is not None and row.high is not None:
                axes.plot(
                    [row.low, row.high], [level, level], color=colour, lw=1.8, marker="|", ms=9, mew=1.5
                )
            axes.plot([row.value], [level], color=colour, marker="o", ms=5)
    lines = (
        ("ceiling", references.ceiling, TRUTH, "dashed"),
        ("chance", references.chance, MUTED, "dotted"),
    )
    for name, value, colour, dash in lines:
        if value is not None:
            axes.axvline(value, color=colour, ls=dash, lw=1.4, label=f"{name} {score_text(value)}")
    axes.set_yticks(range(len(rows)), [row.method for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.08)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(
            loc="lower right", bbox_to_anchor=(1.03, 1.0), ncols=2, borderaxespad=0.2, columnspacing=1.2
        )
    return figure
