"""Times between the spikes of a neuron."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from ctdspec.observation.noise import Noise
from ctdspec.observation.noises.glm import GLM
from ctdspec.observation.noises.lif import LeakyIntegrateAndFire
from ctdspec.observation.noises.poisson import poisson_counts
from ctdspec.observation.noises.refractory import Refractory
from ctdspec.pages.repeats import Repeats
from ctdspec.pages.style import HELD_IN, HIGHLIGHT, MUTED
from ctdspec.seeds import stream

_POISSON_TRIALS = 100


def draw_intervals(figure: Figure, place: SubplotSpec, repeats: Repeats) -> None:
    """Draw the density of the logarithm of intervals, of all neurons, beside that of Poisson spikes.

    The Poisson spikes have the very same rates. The dead time, if the law has one, is marked.
    """
    steps = repeats.truth.get("spike_steps", repeats.truth["spikes"])
    n_per_bin = steps.shape[1] // repeats.truth["rates_hz"].shape[1]
    step_ms = 1000 * repeats.bin_s / n_per_bin
    edges = np.unique(np.round(np.geomspace(1, steps.shape[1], 56))).astype(int)
    rates_hz = np.repeat(repeats.truth["rates_hz"][:_POISSON_TRIALS], n_per_bin, axis=1)
    rng = stream(repeats.benchmark.seed, "picture/intervals")
    compared = poisson_counts(rates_hz * np.float32(step_ms / 1000), rng)
    axes = figure.add_subplot(place, xscale="log", xlabel="interval (ms)", ylabel="share per log unit")
    axes.stairs(_density(compared, edges), edges * step_ms, color=MUTED, ls="dashed", lw=1.2, label="Poisson")
    axes.stairs(_density(steps, edges), edges * step_ms, color=HELD_IN, lw=1.4, label="recorded")
    dead_s = _dead_s(repeats.observation.noise)
    if dead_s > 0:
        label = f"dead time, {1000 * dead_s:g} ms"
        axes.axvspan(edges[0] * step_ms / 2, 1000 * dead_s, color=HIGHLIGHT, lw=0, zorder=0, label=label)
    axes.set(xlim=(edges[0] * step_ms / 2, edges[-1] * step_ms))
    axes.set_ylim(0, 1.45 * axes.dataLim.ymax)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.legend(loc="upper right", fontsize=8, borderaxespad=0.1, handlelength=1.5)


def intervals(spikes: np.ndarray) -> np.ndarray:
    """Give the intervals, in steps, between spikes (trial, step, neuron) of a neuron in a trial."""
    trains = np.ascontiguousarray(spikes.transpose(0, 2, 1)).reshape(-1, spikes.shape[1])
    train, step = np.nonzero(trains)
    return np.diff(step)[train[1:] == train[:-1]]


def _density(spikes: np.ndarray, edges: np.ndarray) -> np.ndarray:
    counts, _ = np.histogram(intervals(spikes), edges)
    return counts / max(counts.sum(), 1) / np.diff(np.log(edges))


def _dead_s(noise: Noise) -> float:
    match noise:
        case Refractory(dead_s=dead_s) | GLM(dead_s=dead_s) | LeakyIntegrateAndFire(dead_s=dead_s):
            return dead_s
    return 0.0
