"""Pictures of metrics of circuits and of discrete states."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ctdspec.engine.contenders import SWAPPED, TRUTH, Arrays, Contender, fooling
from ctdspec.engine.metric_panels import first_labels, outgoing_weights
from ctdspec.engine.metric_study import Study
from ctdspec.metrics.truth import SplitTruth, Truth, Wiring
from ctdspec.seeds import stream


def _wired(change: Callable[[Wiring], np.ndarray]) -> Contender:
    return Contender(wiring=change)


def _noisy(wiring: Wiring) -> np.ndarray:
    return wiring.weights + 0.2 * stream(0, "contender/wiring").standard_normal(wiring.weights.shape)


def _shuffled(wiring: Wiring) -> np.ndarray:
    return stream(0, "contender/wiring").permutation(wiring.weights.ravel()).reshape(wiring.weights.shape)


def _hubs_drive_all(wiring: Wiring) -> np.ndarray:
    assert wiring.hubs is not None, "the circuit of the picture has hubs"
    return np.broadcast_to(_signs(wiring) * wiring.hubs, wiring.weights.shape)


def _signs(wiring: Wiring) -> np.ndarray:
    """Give whether each source neuron excites or inhibits, (neuron,)."""
    return np.sign(wiring.weights.sum(axis=0))


def _labelled(change: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Contender:
    """Make an answer that is sure of other labels (trial, time)."""

    def states(truth: Truth, true: SplitTruth, rng: np.random.Generator) -> Arrays:
        labels = change(true.latents.argmax(axis=2), rng)
        return {"states": np.eye(2 * true.latents.shape[2])[labels]}

    return Contender(states)


def _flickering(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random(labels.shape) < 0.1, rng.integers(5, size=labels.shape), labels)


def _without_the_first(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.maximum(labels, 1)


def _of_two_names(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return labels + 5 * (np.arange(len(labels)) % 2)[:, None]


CIRCUITS: dict[str, Study] = {
    "edges": Study(
        "metrics_hubs",
        (
            "edge_auroc", "edge_precision", "edge_correlation", "edge_sign", "edge_direction", "hub_recall",
        ),
        {
            "truth": TRUTH,
            "noise on all pairs": _wired(_noisy),
            "without signs": fooling(
                _wired(lambda wiring: np.abs(wiring.weights)),
                "edge_auroc", "edge_precision", "edge_direction", "hub_recall",
            ),
            "both directions": fooling(
                _wired(lambda wiring: wiring.weights + wiring.weights.T), "edge_auroc", "hub_recall"
            ),
            "hubs drive all": fooling(_wired(_hubs_drive_all), "edge_auroc", "hub_recall"),
            "all drive all": fooling(
                _wired(lambda wiring: np.broadcast_to(_signs(wiring), wiring.weights.shape)), "edge_sign"
            ),
            "shuffled": _wired(_shuffled),
        },
        "what two hubs do to each neuron", "neuron that hears", outgoing_weights,
    ),
    "labels": Study(
        "metrics_states",
        ("label_accuracy", "label_information", "dwell_octaves", "state_score"),
        {
            "truth": TRUTH,
            "flickering": fooling(_labelled(_flickering), "label_accuracy"),
            "two names for each": fooling(
                _labelled(_of_two_names), "label_information", "dwell_octaves"
            ),
            "a state is missing": _labelled(_without_the_first),
            "late by 50 ms": _labelled(lambda labels, rng: np.roll(labels, 5, axis=1)),
            "one state": _labelled(lambda labels, rng: np.zeros_like(labels)),
            "other trials": fooling(SWAPPED, "dwell_octaves"),
        },
        "the number of the state, and of the one that the answer's stands for", "time (s)", first_labels,
    ),
}  # fmt: skip
"""By name; the data are one circuit, and a few trials of a Markov chain."""
