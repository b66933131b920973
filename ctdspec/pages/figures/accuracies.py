"""How often a network is right, in each condition."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from ctdspec.pages.style import HELD_OUT, MUTED

MOST_CONDITIONS = 30


def draw_accuracies(
    figure: Figure, place: SubplotSpec, by_condition: Mapping[str, float], ideal: float | None
) -> None:
    """Draw a dot for each condition, and the mean that the best observer is expected to reach."""
    axes = figure.add_subplot(place, ylabel="accuracy")
    axes.yaxis.label.set_fontsize(8)
    axes.plot(list(by_condition.values()), ls="", marker="o", ms=4, color=HELD_OUT)
    if ideal is not None:
        axes.axhline(ideal, color=MUTED, ls="dashed", lw=1, label="best observer, mean")
        axes.legend(loc="lower right", fontsize=7, borderaxespad=0)
    axes.set_xticks(range(len(by_condition)), by_condition, rotation=90, fontsize=5.5)
    axes.tick_params(axis="y", labelsize=7)
    axes.set_ylim(min(0.9, 0.95 * min(by_condition.values())), 1.02)
