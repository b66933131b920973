"""The spectra of fixed points: eigenvalues in the complex plane, and time constants."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ctdspec.pages.figures.fixed_points import kind_of
from ctdspec.pages.style import MUTED, label_logarithmic, new_figure

_MOST_POINTS = 60
_SLOWEST = 8
"""Time constants that are drawn of each point: those of the eigenvalues of largest modulus."""


def draw_eigenvalues(eigenvalues: np.ndarray, time_constants_s: np.ndarray, index: np.ndarray) -> Figure:
    """Draw eigenvalues and time constants (point, eigenvalue) of fixed points, by `index` (point,).

    Points beyond the first 60 are left out of both panels.
    """
    eigenvalues, time_constants_s = eigenvalues[:_MOST_POINTS], time_constants_s[:_MOST_POINTS]
    figure = new_figure(3.0, left_in=0.6, bottom_in=0.5, top_in=0.35)
    figure.subplots_adjust(wspace=0.45)
    plane = figure.add_subplot(1, 2, 1, xlabel="real part", ylabel="imaginary part")
    times = figure.add_subplot(1, 2, 2, xlabel="fixed point", ylabel="time constant (s)", yscale="log")
    _plane(plane, eigenvalues)
    for number, (values, constants_s, n_unstable) in enumerate(
        zip(eigenvalues, time_constants_s, index[:_MOST_POINTS], strict=True)
    ):
        look = kind_of(int(n_unstable))
        plane.plot(values.real, values.imag, ls="", marker=".", ms=4, color=look["color"], alpha=0.7)
        slowest_s = constants_s[:_SLOWEST]
        slowest_s = slowest_s[np.isfinite(slowest_s) & (slowest_s != 0)]
        for chosen_s, marker in ((slowest_s[slowest_s > 0], "_"), (-slowest_s[slowest_s < 0], "^")):
            places = np.full(len(chosen_s), number + 1)
            times.plot(places, chosen_s, ls="", marker=marker, ms=4.5, color=look["color"])
    times.plot([], [], ls="", marker="_", color=MUTED, label="decays")
    times.plot([], [], ls="", marker="^", ms=4.5, color=MUTED, label="grows")
    times.legend(loc="lower left", bbox_to_anchor=(-0.08, 0.99), ncols=2, handletextpad=0.1, fontsize=8.5)
    times.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    label_logarithmic(times.yaxis)
    return figure


def _plane(axes: Axes, eigenvalues: np.ndarray) -> None:
    turn = np.linspace(0, 2 * np.pi, 200)
    axes.plot(np.cos(turn), np.sin(turn), color=MUTED, lw=0.8)
    extent = 1.08 * max(1.0, float(np.abs(eigenvalues).max()))
    axes.set(xlim=(-extent, extent), ylim=(-extent, extent))
    axes.set_aspect("equal")
    axes.locator_params(nbins=5)
