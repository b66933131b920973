"""One trial of a task: what was shown, what was asked, what the system did."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ctdspec.pages.style import HIGHLIGHT, MUTED, TRUTH, new_figure, text_in

MOST_CHANNELS = 8
"""Inputs, and outputs, that are drawn; more would be too flat to read."""


def draw_task_trial(
    time_s: np.ndarray,
    shown: tuple[np.ndarray, np.ndarray],
    done: tuple[np.ndarray, np.ndarray],
    names: tuple[Sequence[str], Sequence[str]],
) -> Figure:
    """Draw a trial, one row per channel.

    Parameters
    ----------
    time_s : (time,)
    shown
        The stimulus and the inputs with their noise, both (time, input).
    done
        The targets, NaN where nothing is asked, and the outputs, both (time, output).
    names
        What each input and each output is called.
    """
    n_inputs, n_outputs = (min(array.shape[1], MOST_CHANNELS) for array in (shown[0], done[0]))
    labels = [*names[0][:n_inputs], *names[1][:n_outputs]]
    heights = [0.8] * n_inputs + [1.0] * n_outputs
    figure = new_figure(0.75 + 0.6 * sum(heights), left_in=0.5 + max(map(text_in, labels)), top_in=0.27)
    rows: list[Axes] = [
        *figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    ]
    for row, axes in enumerate(rows):
        _row(axes, labels[row])
    for channel, axes in enumerate(rows[:n_inputs]):
        axes.plot(time_s, shown[1][:, channel], color=MUTED, lw=0.6, label="stimulus + noise")
        axes.plot(time_s, shown[0][:, channel], color=TRUTH, lw=0.9, label="stimulus")
    for channel, axes in enumerate(rows[n_inputs:]):
        axes.plot(time_s, done[0][:, channel], color=HIGHLIGHT, lw=5, label="target", solid_capstyle="butt")
        axes.plot(time_s, done[1][:, channel], color=TRUTH, lw=1.1, label="output")
    _legend(figure, rows[0], rows[-1])
    rows[-1].spines["bottom"].set_visible(True)
    rows[-1].tick_params(bottom=True)
    rows[-1].set(xlabel="time in trial (s)", xlim=(time_s[0], time_s[-1]))
    return figure


def _row(axes: Axes, name: str) -> None:
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(bottom=False)
    axes.set_ylabel(name.replace("_", " "), rotation=0, ha="right", va="center")
    axes.margins(y=0.15)


def _legend(figure: Figure, first: Axes, last: Axes) -> None:
    entries: dict[str, Artist] = {}
    for axes in (first, last):
        handles, labels = axes.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    figure.legend(
        entries.values(),
        entries,
        loc="upper right",
        ncols=4,
        borderaxespad=0.1,
        columnspacing=1.2,
        handlelength=1.5,
    )
