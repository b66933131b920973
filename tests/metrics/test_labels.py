"""Scores of discrete states beside scikit-learn's, and answers that are built to fool them."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import confusion_matrix, normalized_mutual_info_score

from ctdspec.metrics.bootstrap import trial_weights
from ctdspec.metrics.labels import LABELS, label_scores
from ctdspec.metrics.score import estimates, reference_estimates
from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.systems.jumps import Jumps, leaving

N_STATES, N_BINS, BIN_S = 4, 300, 0.01
IDS = [metric.id for metric in LABELS.metrics]


def chain(n_trials: int, seed: int) -> np.ndarray:
    """Draw labels (trial, time) that last 0.2 to 0.5 s."""
    rng = np.random.default_rng(seed)
    jumps = Jumps(leaving([0.2, 0.3, 0.4, 0.5], BIN_S))
    states, labels = jumps.initial_states(n_trials, rng), np.empty((n_trials, N_BINS), int)
    for t in range(N_BINS):
        states = jumps.step(states, states[:, :0], rng.standard_normal((n_trials, 1)))
        labels[:, t] = states.argmax(axis=1)
    return labels


TRAIN, TEST = chain(40, 0), chain(30, 1)
VALID = np.arange(N_BINS) < np.random.default_rng(2).integers(200, N_BINS + 1, (40, 1))
WEIGHTS = trial_weights(len(TEST), np.random.default_rng(3))


def scores(change) -> dict[str, float]:
    """Score a change of the true labels, the same for both splits."""
    train, test = ((true, change(true), VALID[: len(true)]) for true in (TRAIN, TEST))
    return {name: one.value for name, one in label_scores(train, test, WEIGHTS).items()}


def flickering(labels: np.ndarray, share: float) -> np.ndarray:
    rng = np.random.default_rng(4)
    return np.where(rng.random(labels.shape) < share, rng.integers(N_STATES, size=labels.shape), labels)


def halves(labels: np.ndarray) -> np.ndarray:
    """Split each state into two, by the trial."""
    return labels + N_STATES * (np.arange(len(labels)) % 2)[:, None]


CHANGES = {
    "truth": lambda labels: labels,
    "renamed": lambda labels: np.array([2, 0, 3, 1])[labels],
    "late": lambda labels: np.roll(labels, 5, axis=1),
    "flickering": lambda labels: flickering(labels, 0.1),
    "merged": lambda labels: np.minimum(labels, 2),
    "halves": halves,
    "constant": np.zeros_like,
    "other trials": lambda labels: np.roll(labels, 1, axis=0),
    "drawn": lambda labels: flickering(labels, 1.0),
}


def test_scores_are_scikit_learns():
    changed = flickering(TEST, 0.4)
    renamed = np.array([3, 1, 0, 2])[changed]
    got = scores(lambda labels: np.array([3, 1, 0, 2])[flickering(labels, 0.4)])
    inside = VALID[: len(TEST)]
    want = normalized_mutual_info_score(TEST[inside], renamed[inside])
    assert got["label_information"] == pytest.approx(want)
    table = confusion_matrix(TEST[inside], renamed[inside])
    rows, columns = linear_sum_assignment(-table)
    assert got["label_accuracy"] == pytest.approx(table[rows, columns].sum() / inside.sum())


def test_resamples_are_of_trials():
    changed = flickering(TEST, 0.4)
    inside = VALID[: len(TEST)]
    train = (TRAIN, TRAIN, VALID)
    found = label_scores(train, (TEST, changed, inside), WEIGHTS)
    chosen = np.repeat(np.arange(len(TEST)), WEIGHTS[1].astype(int))
    again = label_scores(train, (TEST[chosen], changed[chosen], inside[chosen]), np.ones((2, len(TEST))))
    for name, estimate in found.items():
        assert estimate.resamples is not None
        assert estimate.resamples[0] == pytest.approx(again[name].value), name


def test_dwell_times_by_hand():
    true = np.array([[0, 0, 0, 0, 1, 1, 1, 1]])
    found = np.array([[0, 0, 1, 1, 0, 0, 1, 1]])
    got = label_scores((true, found, true >= 0), (true, found, true >= 0), np.ones((2, 1)))
    assert got["dwell_octaves"].value == 1, "visits of two bins where true ones last four"
    got = label_scores((true, found, true >= 0), (true, found, np.arange(8)[None] < 6), np.ones((2, 1)))
    assert got["dwell_octaves"].value == pytest.approx(np.log2(3 / 2))


SAME = ["truth", "renamed"]
RANKS = {
    "label_accuracy": (0.1, [SAME, ["late", "flickering"], ["merged"], ["halves"], ["constant"]]),
    "label_information": (0.02, [SAME, ["merged"], ["halves"], ["other trials", "constant", "drawn"]]),
    "dwell_octaves": (0.12, [[*SAME, "late", "other trials", "halves"], ["flickering"], ["drawn"]]),
}  # fmt: skip


@pytest.mark.parametrize("metric", IDS)
def test_answers_are_ranked_as_they_deserve(metric):
    found = {name: scores(change)[metric] for name, change in CHANGES.items()}
    tolerance, rows = RANKS[metric]
    sign = -1 if metric == "dwell_octaves" else 1
    for row in rows:
        values = [found[name] for name in row]
        assert max(values) - min(values) <= tolerance, (row, values)
    for better, worse in pairwise(rows):
        assert min(sign * found[name] for name in better) > max(sign * found[name] for name in worse), found


def test_who_fools_one_is_found_out_by_another():
    assert scores(CHANGES["other trials"])["dwell_octaves"] < 0.1
    assert scores(CHANGES["other trials"])["label_accuracy"] < 0.5
    assert scores(halves)["label_information"] > 0.7
    assert scores(halves)["label_accuracy"] < 0.65


def truth(labelled: bool = True) -> Truth:
    splits = {}
    for name, labels in (("train", TRAIN), ("val", TRAIN[:4]), ("test", TEST)):
        latents = np.eye(N_STATES, dtype=np.float32)[labels]
        rates = np.full((*labels.shape, 3), 5, np.float32)
        known = labels if labelled else None
        splits[name] = SplitTruth(latents, rates, VALID[: len(labels)], labels=known)
    return Truth("d", BIN_S, np.zeros(3, bool), splits)


def answer(states) -> Answer:
    true = truth().splits
    splits = {name: SplitAnswer(split.rates_hz, states(split.latents)) for name, split in true.items()}
    return Answer("mine", "d", splits)


def test_only_probabilities_are_asked_about():
    posterior = answer(lambda latents: (0.7 * latents + 0.3 / N_STATES).astype(np.float32))
    found = estimates(posterior, truth(), IDS, 0)
    assert {name: one.value for name, one in found.items()} == {
        "label_accuracy": 1, "label_information": pytest.approx(1), "dwell_octaves": 0,
    }  # fmt: skip
    assert estimates(posterior, truth(labelled=False), IDS, 0) == {}
    for other in (lambda latents: 1.1 * latents, lambda latents: latents - 0.1, lambda latents: -latents):
        assert estimates(answer(other), truth(), IDS, 0) == {}


def test_the_references():
    found = reference_estimates(truth(), IDS, 0)
    assert [one.value for one in found.ceiling.values()] == [1, pytest.approx(1), 0]
    assert found.chance["label_accuracy"].value < 0.5
    # The mean visit of drawn bins, by drawing them: 40 times the bins of the test trials.
    inside, rng = VALID[: len(TEST)], np.random.default_rng(5)
    visits = 0
    for _ in range(40):
        drawn = rng.permutation(TEST[inside])
        labels = np.zeros_like(TEST)
        labels[inside] = drawn
        changes = (labels[:, 1:] != labels[:, :-1]) & inside[:, 1:]
        visits += (len(TEST) + changes.sum()) / 40
    true_visits = len(TEST) + ((TEST[:, 1:] != TEST[:, :-1]) & inside[:, 1:]).sum()
    assert found.chance["dwell_octaves"].value == pytest.approx(np.log2(visits / true_visits), abs=0.02)
