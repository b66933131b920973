import numpy as np

from ctdspec.methods.ahead import continued, until_end
from ctdspec.store.recording import Recording, SplitRecording
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.exchange import encode

N_BINS, N_AHEAD = 8, 2
LENGTHS = np.array([8, 6, 7])
"""Bins of the test trials, of which the last two were not recorded."""


def made_recording(counts: np.ndarray, n_inputs: int = 0) -> Recording:
    """One neuron, seen in every split; the train trials are whole."""
    whole = np.arange(N_BINS) < LENGTHS[:, None]
    valid = np.arange(N_BINS) < LENGTHS[:, None] - N_AHEAD
    train = SplitRecording(counts, np.zeros((*counts.shape[:2], n_inputs)), np.ones(counts.shape[:2], bool))
    stimulus = np.arange(3 * N_BINS * n_inputs, dtype=np.float32).reshape(3, N_BINS, n_inputs)
    test = SplitRecording(np.zeros((3, N_BINS, 1), np.uint16), stimulus, valid, forward=whole & ~valid)
    splits = {"train": train, "val": train, "test": test}
    return Recording("ab", 0.1, np.zeros(1, bool), splits, np.arange(1), np.array(["all"]))


COUNTS = np.random.default_rng(0).poisson(2.0, (40, N_BINS, 1)).astype(np.uint16)
ENDS = LENGTHS - N_AHEAD


def test_methods_see_nothing_after_the_end():
    recording = made_recording(COUNTS, 1)
    shown = until_end(recording).splits["test"]
    assert shown.valid.shape == shown.spikes.shape[:2] == shown.stimulus.shape[:2] == (3, 6)
    assert shown.forward is None
    assert shown.valid.sum(axis=1).tolist() == ENDS.tolist()
    assert until_end(recording).expected == recording.expected


def test_dynamics_run_on_with_the_stimulus():
    recording = made_recording(COUNTS, 1)
    states = np.random.default_rng(1).random((3, 6, 1), np.float32)
    law = encode(lambda x, u: 0.5 * x + u, lambda x: x + 1.0, 1, 1, "stimulus")
    test = SplitAnswer(np.full((3, 6, 1), 100, np.float32), states)
    answer = Answer("m", "ab", {"test": test}, given_inputs=True, dynamics=law)
    found, stimulus = continued(answer, recording).splits["test"], recording.splits["test"].stimulus
    for trial, end in enumerate(ENDS):
        first = 0.5 * states[trial, end - 1] + stimulus[trial, end]
        second = 0.5 * first + stimulus[trial, end + 1]
        np.testing.assert_allclose(found.states[trial, end : end + 2], [first, second], rtol=1e-6)
        np.testing.assert_allclose(found.rates_hz[trial, end : end + 2], [first + 1, second + 1], rtol=1e-6)
        np.testing.assert_array_equal(found.states[trial, :end], states[trial, :end])


def test_inferred_inputs_go_on_at_their_mean_and_rates_stay_below_the_highest():
    recording, rng = made_recording(COUNTS), np.random.default_rng(2)
    inputs = rng.random((3, 6, 1), np.float32)
    test = SplitAnswer(np.full((3, 6, 1), 5, np.float32), np.zeros((3, 6, 1), np.float32), inputs)
    law = encode(lambda x, u: u, lambda x: 1000 * x, 1, 1, "inferred")
    found = continued(Answer("m", "ab", {"test": test}, dynamics=law), recording).splits["test"]
    mean = inputs[np.arange(6) < ENDS[:, None]].mean()
    ahead = recording.splits["test"].forward
    np.testing.assert_allclose(found.states[ahead], mean, rtol=1e-6)
    np.testing.assert_array_equal(found.rates_hz[ahead], 5)


def test_without_dynamics_rates_are_at_their_mean():
    recording = made_recording(COUNTS)
    train = SplitAnswer(COUNTS.astype(np.float32) / 0.1)
    test = SplitAnswer(np.full((3, 6, 1), 90, np.float32), np.random.default_rng(3).random((3, 6, 2)))
    found = continued(Answer("m", "ab", {"train": train, "test": test}), recording).splits["test"]
    for trial, end in enumerate(ENDS):
        np.testing.assert_allclose(found.rates_hz[trial, end : end + 2], train.rates_hz.mean(), rtol=1e-5)
        np.testing.assert_array_equal(found.states[trial, end : end + 2], test.states[trial, [end - 1] * 2])
        assert (found.rates_hz[trial, :end] == 90).all()


def test_an_answer_for_test_trials_alone_stays_as_it_was():
    test = SplitAnswer(np.arange(18, dtype=np.float32).reshape(3, 6, 1))
    found = continued(Answer("m", "ab", {"test": test}), made_recording(COUNTS)).splits["test"]
    for trial, end in enumerate(ENDS):
        assert found.rates_hz[trial, end : end + 2].tolist() == [[test.rates_hz[trial, end - 1]]] * 2
