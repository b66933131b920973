"""The rate of one neuron in one trial, as it was and as it was inferred."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from ctdspec.pages.style import MUTED, TRUTH, Pen, new_figure


def draw_rates(
    time_s: np.ndarray, true_hz: np.ndarray, inferred_hz: Mapping[Pen, np.ndarray], spikes: np.ndarray
) -> Figure:
    """Draw rates (time,) in Hz over the neuron's spikes, which stand as ticks under the axis of time.

    Parameters
    ----------
    time_s, true_hz, spikes : (time,)
        Bins, true rate, and counts.
    inferred_hz
        The rate (time,) that each method infers, by its pen.
    """
    figure = new_figure(1.9)
    axes = figure.add_subplot(xlabel="time in trial (s)", ylabel="rate (Hz)", xlim=(time_s[0], time_s[-1]))
    top = 1.05 * max(np.nanmax(rate, initial=0.0) for rate in (true_hz, *inferred_hz.values())) or 1.0
    axes.vlines(time_s[spikes > 0], -0.17 * top, -0.05 * top, color=MUTED, lw=0.7)
    axes.plot(time_s, true_hz, color=TRUTH, lw=1.3)
    for pen, rate in inferred_hz.items():
        axes.plot(time_s, rate, color=pen.colour, ls=pen.dash, lw=1.2)
    axes.set_ylim(-0.2 * top, top)
    axes.set_yticks([tick for tick in axes.get_yticks() if 0 <= tick <= top])
    return figure
