"""Means over trials are those that pandas finds, and a trial is known by its condition alone."""

from dataclasses import replace

import numpy as np
import pandas
import pytest
from ruamel.yaml import YAML

from ctdspec.methods.condition_mean import ConditionMean, condition_means_hz
from ctdspec.resources import shipped
from ctdspec.store.recording import Recording, SplitRecording

BIN_S, N_BINS, N_NEURONS = 0.02, 40, 8
METHOD = ConditionMean(
    kind="condition_mean",
    name="condition_mean",
    widths_s=[0.02, 0.06, 0.6],
    prior_trials=1.0,
    readout={"ridges": [1e-3, 1e-2], "fit_bins": 4000},
)
NO_SMOOTHING = 1e-9


def true_hz() -> np.ndarray:
    """Rates (condition, time, neuron) of three conditions that differ in phase."""
    time_s, preferred = np.arange(N_BINS) * BIN_S, np.linspace(0, 6, N_NEURONS)
    angle = 8 * time_s + np.array([0, 2, 4])[:, None]
    latents = np.stack([np.sin(angle), np.cos(angle)], axis=2)
    return 15 * np.exp(latents @ np.stack([np.sin(preferred), np.cos(preferred)]))


def recorded(n_trials=(90, 30, 30), lost=False, shortest=N_BINS // 2) -> Recording:
    rng = np.random.default_rng(1)
    held_out = np.arange(N_NEURONS) >= N_NEURONS - 2
    splits = {}
    for split, n in zip(("train", "val", "test"), n_trials, strict=True):
        condition = rng.integers(3, size=n)
        valid = np.arange(N_BINS) < rng.integers(shortest, N_BINS + 1, n)[:, None]
        counts = (rng.poisson(true_hz()[condition] * BIN_S) * valid[..., None]).astype(np.uint16)
        counts = counts[..., ~held_out] if split == "test" else counts
        observed = rng.random((n, counts.shape[2])) < 0.8 if lost else None
        counts = counts if observed is None else counts * observed[:, None]
        stimulus = np.zeros((n, N_BINS, 0), np.float32)
        splits[split] = SplitRecording(counts, stimulus, valid, observed, condition=condition)
    names = np.arange(N_NEURONS), np.full(N_NEURONS, "all")
    return Recording("digest", BIN_S, held_out, splits, *names)


def mean_hz(recording: Recording) -> np.ndarray:
    train = recording.splits["train"]
    return recording.held_in_spikes("train").sum(axis=(0, 1)) / train.valid.sum() / BIN_S


@pytest.mark.parametrize("lost", [False, True])
def test_means_are_those_of_pandas(lost):
    recording = recorded(lost=lost, shortest=N_BINS - 4)
    train = recording.splits["train"]
    seen = np.broadcast_to(train.seen, train.spikes.shape)
    index = pandas.MultiIndex.from_product([range(n) for n in seen.shape], names=["trial", "time", "neuron"])
    counts = pandas.Series(np.where(seen, train.spikes, np.nan).ravel(), index).dropna().reset_index(name="n")
    counts["condition"] = train.condition[counts.trial]
    expected = counts.groupby(["condition", "time", "neuron"]).n.mean().unstack()[range(6)] / BIN_S
    means_hz = condition_means_hz(recording, NO_SMOOTHING, prior_trials=1e-9)
    np.testing.assert_allclose(means_hz.reshape(expected.shape), expected, rtol=1e-5, atol=1e-5)


# Power: the mean of 30 trials has a standard error of 5 Hz in a bin, and of 2 Hz after smoothing; rates go
# from 5 to 40 Hz, with a standard deviation of 13 Hz, so that noise alone gives an error of 0.03.
def test_every_neuron_has_the_rates_of_the_condition():
    recording = recorded(shortest=N_BINS)
    answer = METHOD.fit(recording, seed=0)
    truth_hz = true_hz()[recording.splits["test"].condition]
    rates_hz = answer.splits["test"].rates_hz
    error = ((rates_hz - truth_hz) ** 2).mean(axis=(0, 1)) / truth_hz.var(axis=(0, 1))
    assert (error < 0.1).all(), error
    assert answer.parameters["width_s"] == 0.06
    assert answer.parameters["val_co_bps"] > 0


def test_trials_of_a_condition_have_one_answer_whatever_their_spikes():
    recording = recorded()
    silent = replace(recording.splits["test"], counts=np.zeros_like(recording.splits["test"].spikes))
    spoiled = replace(recording, splits={**recording.splits, "test": silent})
    answers = [METHOD.fit(some, seed=3).splits["test"] for some in (recording, spoiled)]
    np.testing.assert_array_equal(answers[0].rates_hz, answers[1].rates_hz)
    condition = recording.splits["test"].condition
    for number in range(3):
        same = answers[0].rates_hz[condition == number]
        assert (same == same[0]).all()


def test_without_conditions_all_trials_are_one():
    recording = recorded()
    splits = {name: replace(split, condition=None) for name, split in recording.splits.items()}
    rates_hz = METHOD.fit(replace(recording, splits=splits), seed=0).splits["test"].rates_hz
    assert (rates_hz == rates_hz[0]).all()
    spikes_hz = mean_hz(recording)
    np.testing.assert_allclose(rates_hz[0].mean(axis=0)[:6], spikes_hz, rtol=0.1)


def test_a_condition_that_was_never_seen_has_the_mean_rates():
    recording = recorded()
    unseen = replace(recording.splits["test"], condition=np.full(30, 3))
    recording = replace(recording, splits={**recording.splits, "test": unseen})
    spikes_hz = mean_hz(recording)
    means_hz = condition_means_hz(recording, 0.04, 1.0)
    assert means_hz.shape == (4, N_BINS, 6)
    np.testing.assert_allclose(means_hz[3], np.tile(spikes_hz, (N_BINS, 1)), rtol=1e-2)
    assert (METHOD.fit(recording, seed=0).splits["test"].rates_hz > 0).all()


def test_the_shipped_spec_is_valid():
    text = (shipped("specs") / "data_models/condition_mean.yaml").read_text(encoding="utf-8")
    assert ConditionMean.model_validate(YAML(typ="safe").load(text)).name == "condition_mean"
