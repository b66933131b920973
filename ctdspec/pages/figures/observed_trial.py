"""One trial as it was recorded, under the population's true rate."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from ctdspec.pages.figures.raster import paint_rows, signal_darkness, spike_darkness
from ctdspec.pages.repeats import Repeats
from ctdspec.pages.style import TRUTH


def draw_observed_trial(figure: Figure, place: SubplotSpec, repeats: Repeats) -> None:
    """Draw the last trial: neurons in the order of their mean rates, held-out ones on top."""
    recorded, rates_hz = repeats.recorded[-1], repeats.truth["rates_hz"][-1]
    duration_s = len(recorded) * repeats.bin_s
    above, below = place.subgridspec(2, 1, height_ratios=(1, 3), hspace=0.12)
    axes = figure.add_subplot(above, xlim=(0, duration_s))
    rate_hz = rates_hz.mean(axis=1)
    axes.stairs(rate_hz, np.arange(len(rate_hz) + 1) * repeats.bin_s, color=TRUTH, lw=1.2, baseline=None)
    axes.set_ylim(0, 1.1 * rate_hz.max())
    axes.set_yticks([0, float(f"{rate_hz.max():.1g}")])
    axes.set_ylabel("Hz", labelpad=1)
    axes.tick_params(labelbottom=False)
    order = np.argsort(repeats.mean_hz, kind="stable")
    darkness = signal_darkness if repeats.records_signals else spike_darkness
    paint_rows(
        figure.add_subplot(below), darkness(recorded[:, order]), repeats.truth["held_out"][order], duration_s
    )
