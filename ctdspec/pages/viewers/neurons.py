"""Rates and spikes of a neuron that a reader chooses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ctdspec.pages.examples import Examples
from ctdspec.pages.scene import Scene
from ctdspec.pages.style import TRUTH
from ctdspec.pages.viewers.packed import packed_counts, packed_levels

MOST_VALUES = 1_200_000
"""Values that a page carries for this; with more, trials are left out, and then neurons."""
_FEW_TRIALS = 3


@dataclass(frozen=True)
class Neuron:
    """A neuron to choose: its place among those that the page carries, and what it is called."""

    place: int
    label: str
    held_out: bool


@dataclass(frozen=True)
class Neurons:
    """What a reader chooses from.

    Attributes
    ----------
    neurons : list of Neuron
        By falling mean rate.
    n_neurons : int
        Of the dataset: the page may carry fewer.
    trials : list of int
        Places in the dataset of the trials that are drawn.
    shown : list of str
        The truth, and the methods that gave rates.
    recorded : bool
        Whether the spikes were recorded, rather than emitted unseen.
    data : dict
        What the script draws.
    """

    neurons: list[Neuron]
    n_neurons: int
    trials: list[int]
    shown: list[str]
    recorded: bool
    data: dict[str, Any]


def chosen_neurons(scene: Scene) -> Neurons:
    """Give true and inferred rates, and spikes, of as many neurons and trials as a page may carry."""
    seen = scene.examples
    lines = [("truth", TRUTH, "solid", seen.rates_hz)]
    for method, rates in scene.with_rates():
        lines.append((method.name, method.pen.colour, method.pen.dash, rates))
    n_trials, n_neurons = carried(seen.rates_hz.shape, len(lines) + 1)
    ranked = np.argsort(-seen.mean_hz, kind="stable")
    kept = ranked[np.linspace(0, len(ranked) - 1, n_neurons).round().astype(int)]
    data = {
        "bin_s": seen.bin_s,
        "n_bins": len(seen.time_s),
        "trials": seen.numbers[:n_trials].tolist(),
        "valid_bins": seen.valid[:n_trials].sum(axis=1).tolist(),
        "neurons": [_label(seen, neuron) for neuron in kept],
        "lines": [
            _line(name, colour, dash, rates[:n_trials][..., kept]) for name, colour, dash, rates in lines
        ],
        "spikes": packed_counts(_by_neuron(seen.spikes[:n_trials][..., kept])),
    }
    neurons = [
        Neuron(place, _label(seen, neuron), bool(seen.held_out[neuron])) for place, neuron in enumerate(kept)
    ]
    return Neurons(
        neurons, len(ranked), data["trials"], [name for name, *_ in lines], seen.signals is None, data
    )


def carried(shape: tuple[int, ...], n_lines: int) -> tuple[int, int]:
    """Give how many trials and neurons of (trial, time, neuron) a page carries."""
    n_trials, n_bins, n_neurons = shape
    each = n_bins * n_lines
    n_trials = min(n_trials, max(_FEW_TRIALS, MOST_VALUES // (each * n_neurons)))
    return n_trials, min(n_neurons, max(1, MOST_VALUES // (each * n_trials)))


def _label(seen: Examples, neuron: int) -> str:
    group = "held-out" if seen.held_out[neuron] else "held-in"
    return f"{neuron}, {group}, {seen.mean_hz[neuron]:.1f} Hz"


def _line(name: str, colour: str, dash: str, rates_hz: np.ndarray) -> dict[str, Any]:
    """Give the rates (trial, time, neuron) of one line, each neuron to a scale of its own."""
    most = np.nanmax(rates_hz, axis=(0, 1), initial=0.0)
    most = np.where(most > 0, most, 1.0)
    return {
        "name": name,
        "colour": colour,
        "dash": dash,
        "most_hz": [float(f"{value:.4g}") for value in most],
        "levels": packed_levels(_by_neuron(rates_hz), most[:, None]),
    }


def _by_neuron(values: np.ndarray) -> np.ndarray:
    """Give (trial, neuron, time) from (trial, time, neuron)."""
    return np.swapaxes(values, 1, 2)
