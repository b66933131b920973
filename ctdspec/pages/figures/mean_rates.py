"""How fast neurons fire."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ctdspec.pages.style import HELD_IN, HELD_OUT, label_logarithmic, new_figure

_N_BINS = 16


def draw_mean_rates(mean_hz: np.ndarray, held_out: np.ndarray) -> Figure:
    """Draw the distribution of mean rates (neuron,) in Hz, on a logarithmic axis.

    Neurons without a spike have no place there; they are counted in the legend.
    """
    figure = new_figure(3.3, top_in=0.35)
    axes = figure.add_subplot(xlabel="mean rate (Hz, logarithmic)", ylabel="neurons", xscale="log")
    groups = ((~held_out, "held-in", HELD_IN), (held_out, "held-out", HELD_OUT))
    present = [(mean_hz[chosen], name, colour) for chosen, name, colour in groups if chosen.any()]
    axes.hist(
        [rates[rates > 0] for rates, _, _ in present],
        bins=_edges(mean_hz[mean_hz > 0]).tolist(),
        stacked=True,
        color=[colour for _, _, colour in present],
        label=[_label(rates, name) for rates, name, _ in present],
        edgecolor="white",
        linewidth=0.5,
    )
    axes.axvline(mean_hz.mean(), color="black", lw=1, ls="dashed", label=f"mean {mean_hz.mean():.1f} Hz")
    label_logarithmic(axes.xaxis)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="upper left", bbox_to_anchor=(0, 1.14), ncols=3, borderaxespad=0, columnspacing=1.2)
    return figure


def _edges(positive_hz: np.ndarray) -> np.ndarray:
    """Give edges of equal ratio that hold all rates, at least a factor of two apart in all."""
    if not positive_hz.size:
        return np.geomspace(0.5, 2, _N_BINS + 1)
    low, high = positive_hz.min() * 0.98, positive_hz.max() * 1.02
    stretch = max(1.0, float(np.sqrt(2 * low / high)))
    return np.geomspace(low / stretch, high * stretch, _N_BINS + 1)


def _label(mean_hz: np.ndarray, name: str) -> str:
    silent = int((mean_hz == 0).sum())
    return f"{name} ({len(mean_hz)}{f', {silent} silent' if silent else ''})"
