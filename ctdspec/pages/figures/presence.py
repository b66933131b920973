"""Which neurons the electrodes still had in which trial."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from ctdspec.pages.repeats import Repeats
from ctdspec.pages.style import HELD_IN


def draw_presence(figure: Figure, place: SubplotSpec, repeats: Repeats) -> None:
    """Draw a bar for every neuron over the trials in which it is observed, the longest-lived on top."""
    end = np.sort(repeats.truth["observed"].sum(axis=0))
    axes = figure.add_subplot(place, xlabel="trial", ylabel="neurons, in order of loss")
    axes.barh(np.arange(len(end)) + 0.5, end, height=0.7, color=HELD_IN)
    axes.set(xlim=(0, len(repeats.truth["observed"])), ylim=(0, len(end)))
