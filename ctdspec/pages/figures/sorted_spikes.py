"""What spike sorting makes of the neurons' spikes."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from ctdspec.pages.repeats import Repeats
from ctdspec.pages.style import HELD_IN, MUTED, label_logarithmic


def draw_sorted_spikes(figure: Figure, place: SubplotSpec, repeats: Repeats) -> None:
    """Draw the rate that is recorded of each neuron against the rate at which it fires."""
    seconds = repeats.recorded.shape[0] * repeats.recorded.shape[1] * repeats.bin_s
    fired, recorded = (
        repeats.truth[name].sum(axis=(0, 1), dtype=float) / seconds for name in ("emitted_spikes", "spikes")
    )
    axes = figure.add_subplot(place, xlabel="fired (Hz)", ylabel="recorded (Hz)", xscale="log", yscale="log")
    ends = np.array([min(fired.min(), recorded.min()) / 1.2, max(fired.max(), recorded.max()) * 1.2])
    axes.plot(ends, ends, color=MUTED, lw=1.2, ls="dashed", label="without errors")
    axes.plot(fired, recorded, ".", color=HELD_IN, ms=5, mew=0, label="a neuron")
    for axis in (axes.xaxis, axes.yaxis):
        label_logarithmic(axis)
    axes.legend(loc="upper left", fontsize=8, borderaxespad=0.1, handlelength=1.5)
