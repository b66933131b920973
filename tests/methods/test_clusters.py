"""Clusters of smoothed spikes find states that last, and know nothing of time."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from ctdspec.methods.clusters import Clusters
from ctdspec.store.recording import Recording, SplitRecording

N_STATES, N_NEURONS, N_BINS, BIN_S = 3, 20, 200, 0.01
HELD_OUT = np.arange(N_NEURONS) >= 16
RATES_HZ = np.random.default_rng(0).choice([2.0, 40.0], (N_STATES, N_NEURONS))


def world() -> tuple[Recording, dict[str, np.ndarray]]:
    """Each trial is in three states in turn, of random order and lengths about 0.7 s."""
    rng = np.random.default_rng(1)
    splits, labels = {}, {}
    for split, n_trials in (("train", 40), ("val", 10), ("test", 10)):
        ends = np.sort(rng.integers(20, N_BINS - 20, (n_trials, 2)), axis=1)
        order = np.stack([rng.permutation(N_STATES) for _ in range(n_trials)])
        place = (np.arange(N_BINS)[None, :, None] >= ends[:, None]).sum(axis=2)
        labels[split] = np.take_along_axis(order, place, axis=1)
        spikes = rng.poisson(RATES_HZ[labels[split]] * BIN_S).astype(np.uint16)
        seen = spikes[..., ~HELD_OUT] if split == "test" else spikes
        empty, valid = np.zeros((n_trials, N_BINS, 0), np.float32), np.ones((n_trials, N_BINS), bool)
        splits[split] = SplitRecording(seen, empty, valid)
    neurons = np.arange(N_NEURONS)
    return Recording("d", BIN_S, HELD_OUT, splits, neurons, np.full(N_NEURONS, "all")), labels


@pytest.fixture(scope="module")
def answered():
    recording, labels = world()
    method = Clusters(kind="clusters", name="clusters", n_states=[1, 3], widths_s=[0.005, 0.05])
    return method.fit(recording, seed=0), recording, labels


def test_states_are_found(answered):
    answer, recording, labels = answered
    recording.expected.ensure(answer)
    assert answer.has_probabilities
    assert answer.parameters["n_states"] == N_STATES
    assert answer.parameters["width_s"] == 0.05, "a bin alone has three spikes"
    found = answer.splits["test"].states.argmax(axis=2)
    assert adjusted_rand_score(labels["test"].ravel(), found.ravel()) > 0.8


def test_rates_are_those_of_the_states(answered):
    answer, _, labels = answered
    rates = answer.splits["test"].rates_hz
    for state in range(N_STATES):
        inside = labels["test"] == state
        # Bins at the ends of a state may be taken for those of the next one.
        np.testing.assert_allclose(np.median(rates[inside], axis=0), RATES_HZ[state], rtol=0.25, atol=1.5)


def test_the_answer_is_the_same_again(answered):
    answer, recording, _ = answered
    method = Clusters(kind="clusters", name="clusters", n_states=[1, 3], widths_s=[0.005, 0.05])
    again = method.fit(recording, seed=0)
    np.testing.assert_array_equal(again.splits["test"].rates_hz, answer.splits["test"].rates_hz)
