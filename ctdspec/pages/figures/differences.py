"""By how much one method is above each of several others."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from ctdspec.metrics.bootstrap import Estimate
from ctdspec.pages.style import MUTED, TRUTH, new_figure, text_in


def draw_differences(rows: Sequence[tuple[str, Estimate, bool]], label: str) -> Figure:
    """Draw a dot and an interval for each other method, from the top; filled where they are told apart."""
    longest = max((text_in(name) for name, _, _ in rows), default=0)
    figure = new_figure(0.75 + 0.28 * len(rows), left_in=0.2 + longest)
    axes = figure.add_subplot(xlabel=label, ylim=(len(rows) - 0.4, -0.6))
    axes.axvline(0, color=MUTED, ls="dotted", lw=1.4)
    for level, (_, difference, told_apart) in enumerate(rows):
        axes.axhline(level, color="#e3e6ea", lw=0.8, zorder=0)
        axes.plot([difference.low, difference.high], [level, level], color=TRUTH, lw=1.6)
        face = TRUTH if told_apart else "white"
        axes.plot([difference.value], [level], color=TRUTH, marker="o", ms=5.5, mfc=face, mew=1.4)
    axes.set_yticks(range(len(rows)), [name for name, _, _ in rows])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.08)
    axes.locator_params(axis="x", nbins=6)
    return figure
