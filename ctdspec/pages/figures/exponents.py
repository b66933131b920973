"""Lyapunov exponents in decreasing order."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ctdspec.pages.style import MUTED, TRUTH, new_figure


def draw_exponents(exponents_hz: np.ndarray, errors_hz: np.ndarray) -> Figure:
    """Draw exponents (exponent,) in 1/s, with bars of two standard errors; NaN errors have no bar."""
    number = np.arange(1, len(exponents_hz) + 1)
    figure = new_figure(2.7, left_in=0.75)
    axes = figure.add_subplot(xlabel="exponent", ylabel="growth (1/s)")
    axes.axhline(0, color=MUTED, lw=0.9)
    axes.errorbar(
        number, exponents_hz, 2 * np.nan_to_num(errors_hz), color=TRUTH, ls="", marker="o", ms=4.5, capsize=3
    )
    for place, value in zip(number[:5], exponents_hz[:5], strict=True):
        axes.annotate(
            f"{value:.3g}".replace("-", "−"), (place, value), xytext=(7, 4), textcoords="offset points"
        )
    axes.set_xlim(0.5, len(exponents_hz) + 0.7)
    axes.margins(y=0.15)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure
