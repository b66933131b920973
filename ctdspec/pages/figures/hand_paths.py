"""Where the hand went."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from ctdspec.pages.performance import Performance
from ctdspec.pages.style import HELD_OUT, HIGHLIGHT

_N_PATHS = 24


def draw_hand_paths(figure: Figure, place: SubplotSpec, performance: Performance) -> None:
    """Draw the paths of the hand in the first trials; each ends, or should end, in a disc."""
    assert performance.answered is not None, "paths are of a network"
    axes = figure.add_subplot(place, xlabel="hand x (cm)", ylabel="y (cm)", aspect="equal")
    goals_cm = 100 * performance.trials.targets[:_N_PATHS, -1]
    axes.plot(*goals_cm.T, ls="", marker="o", ms=6, color=HIGHLIGHT)
    for path_cm in 100 * performance.answered.outputs[:_N_PATHS]:
        axes.plot(*path_cm.T, color=HELD_OUT, lw=0.8, alpha=0.8)
    axes.tick_params(labelsize=7)
    axes.xaxis.label.set_fontsize(8)
    axes.yaxis.label.set_fontsize(8)
