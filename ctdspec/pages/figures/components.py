"""Latents over time, along the principal components of the truth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from ctdspec.pages.style import TRUTH, Pen, new_figure


def draw_components(time_s: np.ndarray, true: np.ndarray, inferred: Mapping[Pen, np.ndarray]) -> Figure:
    """Draw one trial: true latents (time, component), and each method's mapped states of the same shape."""
    n_components = true.shape[1]
    figure = new_figure(0.58 + 0.95 * n_components, left_in=0.7)
    rows = figure.subplots(n_components, 1, sharex=True, squeeze=False, gridspec_kw={"hspace": 0.18})[:, 0]
    for component, axes in enumerate(rows):
        axes.plot(time_s, true[:, component], color=TRUTH, lw=1.3)
        for pen, states in inferred.items():
            axes.plot(time_s, states[:, component], color=pen.colour, ls=pen.dash, lw=1.1)
        axes.set_ylabel(f"PC{component + 1} (a.u.)")
        axes.locator_params(axis="y", nbins=4)
    figure.align_ylabels()
    rows[-1].set(xlabel="time in trial (s)", xlim=(time_s[0], time_s[-1]))
    return figure
