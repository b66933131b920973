"""How the variance of a recording grows with its mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from ctdspec.pages.predicted_variance import predicted_variance
from ctdspec.pages.repeats import Repeats
from ctdspec.pages.style import HELD_IN, MUTED, Pen, label_logarithmic

WINDOW_S = 0.1
_GROUPS = 8
_FEWEST = 0.02


def draw_mean_variance(figure: Figure, place: SubplotSpec, repeats: Repeats) -> None:
    """Draw variance against mean over trials of one trajectory, on logarithmic axes.

    There are eight dots for every neuron: its windows, of all trajectories, in groups by their true rate.
    """
    window_bins = max(1, round(WINDOW_S / repeats.bin_s))
    mean, variance = mean_and_variance(repeats, window_bins)
    shown = (mean > (0 if repeats.records_signals else _FEWEST)) & (variance > 0)
    mean, variance = mean[shown], variance[shown]
    axes = figure.add_subplot(place, xscale="log", yscale="log")
    axes.plot(mean, variance, ".", color=HELD_IN, ms=3, mew=0, alpha=0.6)
    grid = np.geomspace(mean.min() / 1.2, mean.max() * 1.2, 200)
    if not repeats.records_signals:
        axes.plot(grid, grid, color=MUTED, lw=1.2, ls="dashed", zorder=3, label="Poisson: mean")
    if found := predicted_variance(repeats.observation, window_bins):
        words, law = found
        axes.plot(grid, law(grid), color=Pen.number(1).colour, lw=1.4, zorder=3, label=words)
    margin = 4 if variance.max() < 4 * variance.min() else 1.5
    axes.set_ylim(variance.min() / margin, variance.max() * max(margin, 4 - 2 * repeats.records_signals))
    what = "signal" if repeats.records_signals else "count"
    window = f"{1000 * window_bins * repeats.bin_s:g} ms"
    axes.set(xlabel=f"mean {what} in {window}", ylabel="variance over trials")
    for axis in (axes.xaxis, axes.yaxis):
        label_logarithmic(axis)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left", fontsize=8, borderaxespad=0.1, handlelength=1.5)


def mean_and_variance(repeats: Repeats, window_bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Give mean and variance over trials of one trajectory, averaged over like windows: (group, neuron).

    Of counts per window, or of the mean signal in it. The windows of a neuron are grouped by its true rate.
    A neuron that was lost before a second trial of some trajectory has NaN.
    """
    values = np.ma.masked_invalid(repeats.per_window(repeats.recorded, window_bins))
    if repeats.records_signals:
        values /= window_bins
    rates = np.ma.masked_invalid(repeats.per_window(repeats.truth["rates_hz"], window_bins))
    of_groups = _Groups.like(rates.mean(axis=1))
    return of_groups.mean(values.mean(axis=1)), of_groups.mean(values.var(axis=1, ddof=1))


@dataclass(frozen=True)
class _Groups:
    """Windows of each neuron, grouped by its rate in them: numbers (window, neuron) of each group."""

    members: list[np.ndarray]

    @classmethod
    def like(cls, rates: np.ma.MaskedArray) -> _Groups:
        """Rank the windows (condition, window, neuron) of every neuron."""
        ranked = np.argsort(rates.filled(np.nan).reshape(-1, rates.shape[-1]), axis=0, kind="stable")
        return cls(np.array_split(ranked, min(_GROUPS, len(ranked))))

    def mean(self, values: np.ma.MaskedArray) -> np.ndarray:
        """Average values (condition, window, neuron) within groups, (group, neuron)."""
        flat = values.filled(np.nan).reshape(-1, values.shape[-1])
        return np.array([np.take_along_axis(flat, group, axis=0).mean(axis=0) for group in self.members])
