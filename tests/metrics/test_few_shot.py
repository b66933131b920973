from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import PoissonRegressor

from ctdspec.metrics.case import Case
from ctdspec.metrics.few_shot import N_DRAWS, N_SHOTS, WEIGHT_SD, few_shot_scores
from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.seeds import stream
from ctdspec.submissions.answer import Answer, SplitAnswer

BIN_S, N_BINS, HELD_OUT = 0.05, 40, np.arange(6) >= 4
N_TRIALS = {"train": 30, "val": 2, "test": 25}


def make_truth():
    rng = np.random.default_rng(0)
    readout = rng.standard_normal((2, 6))
    splits = {}
    for name, n in N_TRIALS.items():
        latents = np.cumsum(rng.standard_normal((n, N_BINS, 2)), axis=1) / 4
        rates_hz = 8 * np.exp(0.6 * latents @ readout)
        spikes = rng.poisson(rates_hz * BIN_S).astype(np.uint16)
        valid = np.arange(N_BINS) < rng.integers(20, N_BINS + 1, (n, 1))
        splits[name] = SplitTruth(latents.astype(np.float32), rates_hz.astype(np.float32), valid, spikes)
    return Truth("digest", BIN_S, HELD_OUT, splits)


TRUTH = make_truth()


def score(change, truth=TRUTH):
    rng = np.random.default_rng(1)
    splits = {
        name: SplitAnswer(split.rates_hz, np.asarray(change(split.latents, rng), np.float32))
        for name, split in truth.splits.items()
    }
    return few_shot_scores(Case(Answer("method", "digest", splits), truth, 0)).get("few_shot_co_bps")


def same(latents, rng):
    return latents


def with_junk(latents, rng):
    return np.concatenate([latents, rng.standard_normal((*latents.shape[:2], 20))], axis=2)


def test_agrees_with_sklearn_and_the_formula():
    rng, bits = stream(0, "metrics/few_shot"), []
    train, test = TRUTH.splits["train"], TRUTH.splits["test"]
    x_test, counts_test = test.latents[test.valid], test.spikes[test.valid][:, HELD_OUT]
    null = counts_test.mean(axis=0)
    for _ in range(N_DRAWS):
        trials = np.sort(rng.choice(N_TRIALS["train"], N_SHOTS, replace=False))
        x, y = train.latents[trials][train.valid[trials]], train.spikes[trials][train.valid[trials]]
        centre, sd = x.mean(axis=0), x.std(axis=0)
        nats = 0.0
        for neuron, column in enumerate(np.flatnonzero(HELD_OUT)):
            model = PoissonRegressor(alpha=1 / (len(x) * WEIGHT_SD**2), tol=1e-8, max_iter=1000)
            model.fit((x - centre) / sd, y[:, column])
            expected = np.minimum(model.predict((x_test - centre) / sd), max(1, y[:, column].max()))
            spikes = counts_test[:, neuron]
            nats += np.sum(spikes * np.log(expected / null[neuron]) - expected + null[neuron])
        bits.append(nats / counts_test.sum() / np.log(2))
    found = score(same)
    assert found.value == pytest.approx(np.mean(bits), abs=1e-4)
    assert found.low < found.value < found.high


def test_junk_beside_the_truth_costs_though_nothing_is_lost():
    assert score(with_junk).high < score(same).value


def test_units_and_shifts_change_nothing():
    assert score(lambda x, rng: 1e3 * x * [1, 1e-4] - 5).value == pytest.approx(score(same).value, abs=1e-4)


def test_states_of_other_trials_know_nothing():
    assert score(lambda x, rng: np.roll(x, 1, axis=0)).value < 0.05


def test_lost_neurons_are_left_out_of_fit_and_score():
    splits = {}
    for name, split in TRUTH.splits.items():
        observed = np.random.default_rng(2).random((N_TRIALS[name], 6)) < 0.7
        splits[name] = replace(split, observed=observed)
    lost = score(same, replace(TRUTH, splits=splits)).value
    spoiled = {
        name: replace(split, spikes=np.where(split.observed[:, None], split.spikes, 50).astype(np.uint16))
        for name, split in splits.items()
    }
    # The most that is ever predicted is the most that was counted, in lost trials as well.
    assert score(same, replace(TRUTH, splits=spoiled)).value == pytest.approx(lost, abs=0.02)
    assert lost > 0


def test_with_fewer_trials_there_is_no_score():
    train = TRUTH.splits["train"]
    few = SplitTruth(*(a[: N_SHOTS - 1] for a in (train.latents, train.rates_hz, train.valid, train.spikes)))
    assert score(same, replace(TRUTH, splits={**TRUTH.splits, "train": few})) is None
