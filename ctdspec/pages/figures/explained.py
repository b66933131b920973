"""How many dimensions the true latents fill."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ctdspec.pages.style import MUTED, TRUTH, new_figure

MOST_COMPONENTS = 20


def draw_explained(shares: np.ndarray) -> Figure:
    """Draw the share of variance (component,) of each principal component, and their running sum."""
    shares = shares[:MOST_COMPONENTS]
    number = np.arange(1, len(shares) + 1)
    figure = new_figure(3.43)
    axes = figure.add_subplot(xlabel="principal component", ylabel="variance explained (%)", ylim=(0, 104))
    axes.set_xlim(0.4, len(shares) + 0.6)
    axes.bar(number, 100 * shares, color=MUTED, width=0.6, label="each")
    axes.plot(number, 100 * shares.cumsum(), color=TRUTH, marker="o", ms=4, label="together")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="center right")
    return figure
