"""Where in the latent space neurons fire."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from ctdspec.pages.repeats import Repeats

_NEURONS = 4
_MOST_POINTS = 800


def draw_tuning(figure: Figure, place: SubplotSpec, repeats: Repeats) -> None:
    """Draw the states over the first and last latent, darker where the rate of a neuron is higher.

    Four neurons, from slow to fast, with their numbers; each from its least to its greatest rate.
    """
    latents = repeats.truth["latents"][: repeats.n_conditions]
    states = latents.reshape(-1, latents.shape[-1])
    rates_hz = repeats.truth["rates_hz"][: repeats.n_conditions].reshape(len(states), -1)
    some = slice(None, None, -(-len(states) // _MOST_POINTS))
    neurons = repeats.spread_neurons(_NEURONS)
    grid = place.subgridspec(2, 2, hspace=0.1, wspace=0.1)
    for number, neuron in enumerate(neurons):
        axes = figure.add_subplot(grid[number])
        colours = np.log(np.maximum(rates_hz[some, neuron], 1e-3))
        lightest = colours.min() - 0.2 * np.ptp(colours)
        axes.scatter(states[some, 0], states[some, -1], s=4, lw=0, c=colours, cmap="Greys", vmin=lightest)
        axes.set(xticks=[], yticks=[])
        axes.margins(0.06)
        axes.text(0.5, 0.98, str(neuron), transform=axes.transAxes, ha="center", va="top", fontsize=8)
    figure.text(*_below(figure, place), "first latent × last latent, log rate", ha="center", va="top")


def _below(figure: Figure, place: SubplotSpec) -> tuple[float, float]:
    box = place.get_position(figure)
    return (box.x0 + box.x1) / 2, box.y0 - 0.03
