"""What the pictures of metrics draw of an answer, over the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.engine.contenders import Contender, first_axes, mean_hz
from ctdspec.metrics.labels import matching
from ctdspec.metrics.linear_map import fit_linear_map, moments_by_fold
from ctdspec.metrics.truth import Truth
from ctdspec.submissions.answer import Answer

_RUN_S = 5.0
_AHEAD_S = 1.5


@dataclass(frozen=True)
class Drawn:
    """Places (place,), and what is true and what is answered there, both (place, line)."""

    at: np.ndarray
    true: np.ndarray
    answered: np.ndarray


def slow_rate(truth: Truth, contender: Contender, name: str) -> Drawn:
    """Draw the rate of a slow held-out neuron in the first test trial."""
    return _rate(truth, contender.answer(name, truth), 0.25)


def held_out_rate(truth: Truth, contender: Contender, name: str) -> Drawn:
    """Draw the rate of a fast held-out neuron in the first test trial."""
    return _rate(truth, contender.answer(name, truth), 0.75)


def _rate(truth: Truth, answer: Answer, rank: float) -> Drawn:
    hidden = np.flatnonzero(truth.held_out)
    neuron = hidden[np.argsort(mean_hz(truth)[hidden])[int(rank * len(hidden))]]
    rates_hz = truth.splits["test"].rates_hz, answer.splits["test"].rates_hz
    true, answered = (one[0, :, neuron, None] for one in rates_hz)
    return Drawn(_time_s(truth), true, answered)


def leading_components(truth: Truth, contender: Contender, name: str) -> Drawn:
    """Draw two principal components in the first test trial, and the states through the best linear map."""
    answer, train, axes = contender.answer(name, truth), truth.splits["train"], first_axes(truth, 2)
    source = answer.splits["train"].states
    found = answer.splits["test"].states
    assert source is not None
    assert found is not None
    width = source.shape[2]
    folds = moments_by_fold((source, train.latents @ axes), train.valid)
    mapped = fit_linear_map(folds, slice(0, width), slice(width, None))(found[:1])
    return Drawn(_time_s(truth), truth.splits["test"].latents[0] @ axes, mapped[0])


def first_state(truth: Truth, contender: Contender, name: str) -> Drawn:
    """Draw the first latent and the first state in the first test trial, with one standard deviation."""
    true, found = truth.splits["test"].latents, contender.answer(name, truth).splits["test"].states
    assert found is not None
    first, second = (one[0, :, :1] / one[..., 0].std() for one in (true, found))
    return Drawn(_time_s(truth), first, second)


def first_input(truth: Truth, contender: Contender, name: str) -> Drawn:
    """Draw the first input in the first test trial."""
    true, found = truth.splits["test"].inputs, contender.answer(name, truth).splits["test"].inputs
    assert true is not None
    assert found is not None
    return Drawn(_time_s(truth), true[0, :, :1], found[0, :, :1])


def outgoing_weights(truth: Truth, contender: Contender, name: str) -> Drawn:
    """Draw what two hubs do to each neuron, with the largest weight as 1."""
    found = contender.answer(name, truth).connectivity
    assert truth.wiring is not None
    assert truth.wiring.hubs is not None
    assert found is not None
    two = np.flatnonzero(truth.wiring.hubs)[:2]
    true, answered = (weights[:, two] / np.abs(weights).max() for weights in (truth.wiring.weights, found))
    return Drawn(np.arange(len(found)), true, answered)


def first_labels(truth: Truth, contender: Contender, name: str) -> Drawn:
    """Draw the discrete states of the first test trial, and those that the answer's stand for; -1 is none."""
    answer = contender.answer(name, truth)
    labels = []
    for split in ("train", "test"):
        states = answer.splits[split].states
        assert states is not None
        labels.append((truth.splits[split].latents.argmax(axis=2), states.argmax(axis=2)))
    table = np.zeros((truth.splits["test"].latents.shape[2], int(max(one[1].max() for one in labels)) + 1))
    np.add.at(table, labels[0], 1)
    true, found = labels[1]
    lines = (one[:, None].astype(float) for one in (true[0], matching(table)[found[0]]))
    return Drawn(_time_s(truth), *lines)


def flow(truth: Truth, contender: Contender, name: str) -> Drawn:
    """Draw how far a bin moves each state of a system of one latent."""
    at = np.linspace(-1.6, 1.6, 200)[:, None]
    return Drawn(at[:, 0], *(dynamics.step(at, at[:, :0]) - at for dynamics in _both(truth, contender)))


def forecast(truth: Truth, contender: Contender, name: str) -> Drawn:
    """Draw the first latent, and a forecast from the first state of the answer."""
    n_bins = round(_AHEAD_S / truth.bin_s)
    states = contender.answer(name, truth).splits["test"].states
    assert states is not None
    started = states[:1, 0].astype(float)
    predicted = _run(_both(truth, contender)[1], started, n_bins)
    true = truth.splits["test"].latents[0, :n_bins, :1]
    return Drawn(_time_s(truth)[:n_bins], true, predicted)


def free_run(truth: Truth, contender: Contender, name: str) -> Drawn:
    """Draw the first latent of runs of both systems from the same state."""
    n_bins = round(_RUN_S / truth.bin_s)
    start = truth.splits["test"].latents[:1, 0].astype(float)
    runs = [_run(dynamics, start, n_bins) for dynamics in _both(truth, contender)]
    return Drawn(np.arange(n_bins) * truth.bin_s, *runs)


def _run(dynamics: Dynamics, states: np.ndarray, n_bins: int) -> np.ndarray:
    """Give the first latent (time, 1) of a run from states (1, latent)."""
    run = []
    for _ in range(n_bins):
        run.append(states[0, :1])
        states = dynamics.step(states, states[:, :0])
    return np.stack(run)


def _both(truth: Truth, contender: Contender) -> tuple[Dynamics, Dynamics]:
    model = contender.model(truth)
    assert truth.system is not None
    assert model is not None
    return truth.system.dynamics, model.dynamics


def _time_s(truth: Truth) -> np.ndarray:
    return np.arange(truth.splits["test"].valid.shape[1]) * truth.bin_s
