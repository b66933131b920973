"""The signal of one neuron, and the rate behind it."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from ctdspec.pages.repeats import Repeats
from ctdspec.pages.style import HELD_IN, MUTED, TRUTH

_NEURONS = 8
"""Neurons in the order of their rates, the last but one of which is drawn."""


def draw_signal_of_rate(figure: Figure, place: SubplotSpec, repeats: Repeats) -> None:
    """Draw rate, emitted spikes if there are any, and signal of a fast neuron in the last trial."""
    neuron = repeats.spread_neurons(_NEURONS)[-2:][0]
    above, below = place.subgridspec(2, 1, hspace=0.2)
    time_s = (np.arange(repeats.recorded.shape[1]) + 0.5) * repeats.bin_s
    rate_hz = repeats.truth["rates_hz"][-1, :, neuron]
    axes = figure.add_subplot(above, ylabel="rate (Hz)", ylim=(-0.25 * rate_hz.max(), 1.1 * rate_hz.max()))
    axes.plot(time_s, rate_hz, color=TRUTH, lw=1.2)
    if "emitted_spikes" in repeats.truth:
        fired = time_s[repeats.truth["emitted_spikes"][-1, :, neuron] > 0]
        axes.vlines(fired, -0.2 * rate_hz.max(), -0.05 * rate_hz.max(), color=MUTED, lw=0.7)
    axes.set_yticks([tick for tick in axes.get_yticks() if 0 <= tick <= rate_hz.max()])
    axes.tick_params(labelbottom=False)
    lower = figure.add_subplot(below, sharex=axes, xlabel="time in trial (s)", ylabel="signal")
    lower.plot(time_s, repeats.recorded[-1, :, neuron], color=HELD_IN, lw=0.9)
    axes.set_xlim(0, len(time_s) * repeats.bin_s)
