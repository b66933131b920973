"""Spikes of a population in one trial."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from ctdspec.pages.style import HELD_IN, HELD_OUT, new_figure


def draw_raster(spikes: np.ndarray, held_out: np.ndarray, duration_s: float) -> Figure:
    """Draw counts (time, neuron) in a figure of their own; see `spike_darkness` and `paint_rows`."""
    return _draw_rows(spike_darkness(spikes), held_out, duration_s)


def draw_signals(signals: np.ndarray, held_out: np.ndarray, duration_s: float) -> Figure:
    """Draw signals (time, neuron) like a raster; see `signal_darkness` and `paint_rows`."""
    return _draw_rows(signal_darkness(signals), held_out, duration_s)


def spike_darkness(spikes: np.ndarray) -> np.ndarray:
    """Give the darkness (neuron, time), from 0 to 1, of counts (time, neuron).

    A single spike is half as dark as the counts that one bin in a hundred of those with spikes exceeds.
    """
    counts = spikes.T.astype(float)
    fired = counts[counts > 0]
    most = max(2.0, np.percentile(fired, 99) if fired.size else 1.0)
    return np.where(counts > 0, np.clip(0.5 + 0.5 * (counts - 1) / (most - 1), 0, 1), 0)


def signal_darkness(signals: np.ndarray) -> np.ndarray:
    """Give the darkness (neuron, time) of signals (time, neuron): 0 for a neuron's least value, 1 at most."""
    low, high = np.nanmin(signals, axis=0), np.nanmax(signals, axis=0)
    darkness = (signals - low) / np.where(high > low, high - low, 1)
    return np.nan_to_num(darkness.T.astype(float))


def _draw_rows(darkness: np.ndarray, held_out: np.ndarray, duration_s: float) -> Figure:
    figure = new_figure(3.3, left_in=0.9)
    paint_rows(figure.add_subplot(), darkness, held_out, duration_s)
    return figure


def paint_rows(axes: Axes, darkness: np.ndarray, held_out: np.ndarray, duration_s: float) -> None:
    """Paint the darkness (neuron, time): one row per neuron, held-out neurons on top.

    Colour tells held-in from held-out neurons (`held_out`, (neuron,) bool).
    """
    order = np.concatenate([np.flatnonzero(~held_out), np.flatnonzero(held_out)])
    darkness = darkness[order][..., None]
    ink = np.where(held_out[order][:, None], to_rgb(HELD_OUT), to_rgb(HELD_IN))[:, None, :]
    axes.set(xlabel="time in trial (s)", xlim=(0, duration_s), ylim=(0, len(order)))
    axes.imshow(
        1 - darkness * (1 - ink),
        aspect="auto",
        origin="lower",
        interpolation="nearest",
        extent=(0, duration_s, 0, len(order)),
    )
    _label_groups(axes, int((~held_out).sum()), len(order))


def _label_groups(axes: Axes, n_held_in: int, n_neurons: int) -> None:
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    groups = (
        ("held-in", HELD_IN, 0, n_held_in),
        ("held-out", HELD_OUT, n_held_in, n_neurons),
    )
    for name, colour, start, stop in groups:
        if stop > start:
            side = axes.get_yaxis_transform()
            axes.plot(
                [-0.015, -0.015], [start + 0.3, stop - 0.3], color=colour, lw=3, transform=side, clip_on=False
            )
            axes.text(
                -0.03,
                (start + stop) / 2,
                f"{stop - start} {name}",
                color=colour,
                rotation=90 if stop - start > 0.35 * n_neurons else 0,
                ha="right",
                va="center",
                transform=side,
            )
