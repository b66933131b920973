"""How the drive of neurons becomes their rates."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from ctdspec.pages.repeats import Repeats
from ctdspec.pages.style import HELD_IN, Pen

_NEURONS = 12
_MOST_SD = 2.5


def draw_links(figure: Figure, place: SubplotSpec, repeats: Repeats) -> None:
    """Draw the rates of a dozen neurons as functions of their standardised drives."""
    truth, populations = repeats.truth, repeats.observation.circuit_populations
    drive = np.linspace(-_MOST_SD, _MOST_SD, 201)
    axes = figure.add_subplot(place, xlabel="drive (standard deviations)", ylabel="rate (Hz)")
    for neuron in repeats.spread_neurons(_NEURONS):
        number = int(truth["population"][neuron])
        shape = populations[number].rates.function(truth["gain"][neuron] * drive)
        colour = HELD_IN if len(populations) == 1 else Pen.number(number).colour
        axes.plot(drive, truth["scale_hz"][neuron] * shape, color=colour, lw=0.9)
    axes.set(xlim=(-_MOST_SD, _MOST_SD), ylim=(0, None))
