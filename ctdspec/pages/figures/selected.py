"""Which neurons of a circuit are observed."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from ctdspec.observation.circuit import draw_neurons
from ctdspec.pages.repeats import Repeats
from ctdspec.pages.style import MUTED, Pen, label_logarithmic


def draw_selected(figure: Figure, place: SubplotSpec, repeats: Repeats) -> None:
    """Draw every neuron's mean rate over its number in the circuit; those that are observed in colour."""
    parts = draw_neurons(repeats.observation, repeats.benchmark.seed, 0, latents=None)
    mean_hz = np.concatenate([part.mean_hz for part in parts])
    seen = repeats.truth["neuron_id"]
    axes = figure.add_subplot(place, xlabel="number in the circuit", ylabel="mean rate (Hz)", yscale="log")
    axes.plot(mean_hz, ".", color=MUTED, ms=3, mew=0, alpha=0.6, label="not observed")
    for number, part in enumerate(parts):
        own = seen[repeats.truth["population"] == number]
        name = "observed" if len(parts) == 1 else part.population.name
        axes.plot(own, mean_hz[own], ".", color=Pen.number(number).colour, ms=5, mew=0, label=name)
    axes.set_ylim(top=mean_hz.max() * 6)
    label_logarithmic(axes.yaxis)
    axes.legend(
        loc="upper left", fontsize=8, borderaxespad=0.1, handletextpad=0.2, ncols=2, columnspacing=0.8
    )
