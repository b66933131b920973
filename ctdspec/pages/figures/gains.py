"""What multiplies the rates from trial to trial."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from ctdspec.pages.repeats import Repeats
from ctdspec.pages.style import MUTED, Pen

_NEURONS = 3


def draw_gains(figure: Figure, place: SubplotSpec, repeats: Repeats) -> None:
    """Draw the factors on the rates of three neurons over the trials, all modulations together."""
    drawn = [array for name, array in sorted(repeats.truth.items()) if name.startswith("modulation/")]
    gain = np.prod(drawn, axis=0)
    axes = figure.add_subplot(place, xlabel="trial", ylabel="gain", xlim=(0, len(gain)))
    axes.axhline(1, color=MUTED, lw=0.8)
    neurons = repeats.spread_neurons(_NEURONS)
    if all((gain[:, neuron] == gain[:, neurons[0]]).all() for neuron in neurons):
        axes.plot(gain[:, neurons[0]], color=Pen.number(0).colour, lw=0.7, label="all neurons")
    else:
        for number, neuron in enumerate(neurons):
            axes.plot(gain[:, neuron], color=Pen.number(number).colour, lw=1, label=f"neuron {neuron}")
    axes.set_ylim(0, 1.3 * gain[:, neurons].max())
    axes.legend(loc="upper left", fontsize=8, borderaxespad=0.1, handlelength=1, ncols=2, columnspacing=1)
