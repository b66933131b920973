"""What perfect knowledge of some features is worth when rates have to be learned from finite data."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ctdspec import scratch
from ctdspec.errors import UsageError
from ctdspec.metrics.truth import Truth
from ctdspec.submissions.answer import Answer, SplitAnswer

Expect = Callable[[np.ndarray], np.ndarray]
"""Gives expected counts per bin (trial, time, neuron) of features (trial, time, feature)."""

FitCounts = Callable[[np.ndarray, np.ndarray, np.ndarray], Expect]
"""Fits counts (bin, neuron) to features (bin, feature), in the bins in which each neuron was seen
(bin, neuron or 1)."""


def readout_answer(
    truth: Truth,
    method: str,
    features: Mapping[str, np.ndarray],
    fit: FitCounts,
    fit_bins: int,
    rng: np.random.Generator,
) -> Answer:
    """Take features for the states, and learn the rates of all neurons from them on the train trials.

    With the true latents this is the ceiling that finite data leave: what a method reaches that knows the
    states and has to learn how neurons read them. Where the link of the rates is not the one that is fitted,
    it is that of the fitted one. With the inputs of the task it is what an answer reaches that knows nothing
    but the task.

    Parameters
    ----------
    truth : Truth
        With recorded spikes.
    method : str
        What the answer is called.
    features : mapping
        (trial, time, feature) of every split.
    fit : FitCounts
    fit_bins : int
        Valid train bins, drawn at random, that are fitted to; all if there are no more.
    rng : numpy.random.Generator
        Draws them.

    Raises
    ------
    UsageError
        If signals were recorded instead of spikes.
    """
    train = truth.splits["train"]
    if train.spikes is None:
        raise UsageError(
            f"{method}: the recording has signals and no spikes, so no rates can be fitted to them"
        )
    trials, times = np.nonzero(train.valid)
    drawn = np.sort(rng.permutation(len(trials))[:fit_bins])
    bins = trials[drawn], times[drawn]
    everyone = np.ones(len(truth.held_out), bool)
    expect = fit(features["train"][bins], train.spikes[bins], train.seen(everyone)[bins])
    splits = {
        name: SplitAnswer(_rates_hz(expect, values, truth), values.astype(np.float32, copy=False))
        for name, values in features.items()
    }
    return Answer(method, truth.dataset, splits)


def _rates_hz(expect: Expect, values: np.ndarray, truth: Truth) -> np.ndarray:
    return scratch.by_pieces(lambda piece: expect(piece) / truth.bin_s, values, n_columns=len(truth.held_out))


def finite_data_answer(truth: Truth, fit: FitCounts, fit_bins: int, rng: np.random.Generator) -> Answer:
    """Give the true latents as states, and rates that were learned from them: see `readout_answer`."""
    latents = {name: split.latents for name, split in truth.splits.items()}
    return readout_answer(truth, "finite_data", latents, fit, fit_bins, rng)
