"""Answers for bins that the test recording leaves out, by methods that have no idea of their own for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ctdspec.methods.method import Given, Method
from ctdspec.metrics.model import Model
from ctdspec.store.recording import Recording, SplitRecording
from ctdspec.submissions.answer import Answer, SplitAnswer


def whole_answer(method: Method, given: Given, seed: int) -> Answer:
    """Answer a dataset, to the end of its trials.

    A method that does not look ahead by itself is given test trials that end where their recording does, and
    its answer is continued.

    Raises
    ------
    MethodError
        As `Method.answer`.
    """
    if not given.recording.n_forward or method.looks_ahead:
        return method.answer(given, seed)
    answer = method.answer(replace(given, recording=until_end(given.recording)), seed)
    return continued(answer, given.recording)


def until_end(recording: Recording) -> Recording:
    """Give a recording whose test trials are no longer than what was recorded of them."""
    test = recording.splits["test"]
    n_bins = int(test.valid.sum(axis=1).max())
    cut = {
        name: None if array is None else array[:, :n_bins]
        for name, array in {
            "counts": test.counts,
            "signals": test.signals,
            "stimulus": test.stimulus,
            "valid": test.valid,
        }.items()
    }
    shown = replace(test, **cut, forward=None)
    return replace(recording, splits={**recording.splits, "test": shown})


def continued(answer: Answer, recording: Recording) -> Answer:
    """Continue the test answer from the last recorded bin of each trial to the trial's end.

    If the answer brings dynamics, they run on without noise: with the stimulus, or with the mean of the
    inferred inputs, if they take any. Rates are then read from the states, and are at most what was answered
    for the neuron before. Without dynamics, the last states stay, and rates are the means of those answered
    for the train trials, or the last ones if none were.
    """
    test, found = recording.splits["test"], answer.splits["test"]
    inputs = None if found.inputs is None else _held(found.inputs, test)
    if inputs is not None:
        inputs[~test.valid] = inputs[test.valid].mean(axis=0)
    states = None if found.states is None else _held(found.states, test)
    split, model = SplitAnswer(_held(found.rates_hz, test), states, inputs), Model.of(answer)
    if model is not None and states is not None:
        received = {"stimulus": test.stimulus, "inferred": inputs}.get(model.inputs)
        _run_on(split.rates_hz, states, model, received, test)
    elif (train := answer.splits.get("train")) is not None:
        split.rates_hz[test.forward] = train.rates_hz[recording.splits["train"].valid].mean(axis=0)
    return replace(answer, splits={**answer.splits, "test": split})


def _held(array: np.ndarray, test: SplitRecording) -> np.ndarray:
    """Give a copy (trial, time, column) to the end of the trials, in which the last recorded bin stays."""
    ends, bins = test.valid.sum(axis=1)[:, None], np.arange(test.valid.shape[1])
    return array[np.arange(len(array))[:, None], np.minimum(bins, ends - 1)]


def _run_on(
    rates_hz: np.ndarray, states: np.ndarray, model: Model, inputs: np.ndarray | None, test: SplitRecording
) -> None:
    """Let states (trial, time, latent) run from the last recorded bin on, and read the rates from them."""
    assert test.forward is not None, "the caller has made sure of bins to predict"
    most_hz = rates_hz[test.valid].max(axis=0)
    trials, ends = np.arange(len(states)), test.valid.sum(axis=1)
    for ahead in range(int(test.forward[0].sum())):
        t = ends + ahead
        given = np.zeros((len(states), 0)) if inputs is None else inputs[trials, t]
        states[trials, t] = model.dynamics.step(states[trials, t - 1], given)
        rates_hz[trials, t] = np.clip(model.dynamics.readout(states[trials, t]), 0, most_hz)
