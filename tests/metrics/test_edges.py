"""Scores of circuits beside scikit-learn's, and answers that are built to fool them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from ctdspec.metrics.bootstrap import trial_weights
from ctdspec.metrics.case import Case
from ctdspec.metrics.edges import EDGES, average_precision, edge_scores
from ctdspec.metrics.score import estimates, reference_estimates
from ctdspec.metrics.truth import SplitTruth, Truth, Wiring
from ctdspec.submissions.answer import Answer, SplitAnswer

N, N_HUBS = 40, 4
APART = ~np.eye(N, dtype=bool)
IDS = [metric.id for metric in EDGES.metrics]


def circuit() -> tuple[np.ndarray, np.ndarray]:
    """Weights that come from excitatory and inhibitory neurons, four of which are hubs."""
    rng = np.random.default_rng(0)
    hubs = np.arange(N) % 10 == 3
    present = (rng.random((N, N)) < np.where(hubs, 0.6, 0.08)) & APART
    sign = np.where(rng.random(N) < 0.6, 1, -1)
    return (present * sign * np.abs(rng.standard_normal((N, N)))).astype(np.float32), hubs


TRUE, HUBS = circuit()
WEIGHTS = trial_weights(N, np.random.default_rng(1))


def scores(found: np.ndarray) -> dict[str, float]:
    return {name: one.value for name, one in edge_scores(TRUE, found, HUBS, WEIGHTS).items()}


def noisy(sd: float) -> np.ndarray:
    return TRUE + sd * np.random.default_rng(2).standard_normal((N, N))


def test_rankings_are_scikit_learns():
    found = np.round(noisy(0.5), 1)  # with ties
    true, size = (TRUE != 0)[APART], np.abs(found)[APART]
    got = scores(found)
    assert got["edge_auroc"] == pytest.approx(roc_auc_score(true, size))
    assert got["edge_precision"] == pytest.approx(average_precision_score(true, size))
    assert got["edge_correlation"] == pytest.approx(np.corrcoef(TRUE[APART], found[APART])[0, 1])


def test_resamples_count_neurons_as_often_as_they_are_drawn():
    found = np.round(noisy(0.5), 1)
    precision = average_precision(np.abs(found), APART & (TRUE != 0), APART, WEIGHTS)
    for index in (1, 7, 2000):
        sample = WEIGHTS[index][:, None].repeat(N, axis=1)[APART]
        true, size = (TRUE != 0)[APART], np.abs(found)[APART]
        want = average_precision_score(true, size, sample_weight=sample)
        assert precision[index] == pytest.approx(want)


def test_by_hand():
    true = np.array([[0, 2.0, 0], [0, 0, 0], [-1, 1, 0]])
    found = np.array([[9, 1.0, 0], [3, 9, 0.5], [1, 1, 9]])
    got = edge_scores(true, found, np.array([False, True, False]), np.ones((2, 3)))
    # Edges 0 ← 1, 2 ← 0, 2 ← 1, all in one direction: 0 ← 1 is weaker than its opposite, the others stronger.
    assert got["edge_direction"].value == pytest.approx(2 / 3)
    assert got["edge_sign"].value == pytest.approx(2 / 3)
    # The largest weight is no edge; the three edges are alike and come next, before 0.5 and 0.
    assert got["edge_precision"].value == pytest.approx(3 / 4)
    assert got["edge_auroc"].value == pytest.approx(2 / 3)
    assert got["hub_recall"].value == 0, "neuron 0 speaks with 4 in sum, neuron 1 with 2"


ANSWERS = {
    "truth": TRUE,
    "scaled": 7 * TRUE,
    "noisy": noisy(0.2),
    "noisier": noisy(1.0),
    "unsigned": np.abs(TRUE),
    "transposed": TRUE.T,
    "symmetric": TRUE + TRUE.T,
    "whole hubs": np.where(HUBS, np.sign(TRUE.sum(axis=0)), 0) * np.ones((N, 1)),
    "excitation everywhere": np.ones((N, N)),
    "nothing": np.zeros((N, N)),
}
# From best to worst; answers in a row differ by no more than the tolerance, those of different rows by more.
TRUTHS = ["truth", "scaled", "unsigned"]
RANKS = {
    "edge_auroc": (1e-9, [TRUTHS, ["noisy"], ["noisier"], ["excitation everywhere", "nothing"]]),
    "edge_precision": (0.02, [["truth", "scaled", "unsigned"], ["noisy"], ["symmetric"], ["nothing"]]),
    "edge_correlation": (0.02, [["truth", "scaled"], ["noisy"], ["noisier"], ["nothing", "transposed"]]),
    "edge_sign": (1e-9, [["truth", "scaled"], ["noisy"], ["unsigned", "excitation everywhere"], ["nothing"]]),
    "edge_direction": (0.01, [TRUTHS, ["noisy"], ["noisier"], ["symmetric", "nothing"], ["transposed"]]),
    "hub_recall": (1e-9, [["truth", "scaled", "unsigned", "noisy", "whole hubs"], ["nothing"]]),
}  # fmt: skip


@pytest.mark.parametrize("metric", IDS)
def test_answers_are_ranked_as_they_deserve(metric):
    found = {name: scores(answer)[metric] for name, answer in ANSWERS.items()}
    tolerance, rows = RANKS[metric]
    for row in rows:
        values = [found[name] for name in row]
        assert max(values) - min(values) <= tolerance, (row, values)
    for better, worse in pairwise(rows):
        assert min(found[name] for name in better) > max(found[name] for name in worse) + tolerance


def test_who_fools_one_is_found_out_by_another():
    assert scores(ANSWERS["unsigned"])["edge_sign"] < 0.8, "edge_auroc takes it for the truth"
    assert scores(ANSWERS["whole hubs"])["edge_precision"] < 0.7, "hub_recall takes it for the truth"
    assert scores(ANSWERS["whole hubs"])["edge_auroc"] > 0.7, "said to fool it"
    assert scores(ANSWERS["symmetric"])["edge_direction"] == pytest.approx(0.5), "edge_auroc is 0.9 or more"


def truth(wiring: Wiring | None = None) -> Truth:
    rates = np.full((4, 10, N), 5, np.float32)
    split = SplitTruth(np.zeros((4, 10, 1), np.float32), rates, np.ones((4, 10), bool))
    return Truth("d", 0.01, np.zeros(N, bool), dict.fromkeys(("train", "val", "test"), split), wiring=wiring)


def answer(found: np.ndarray | None) -> Answer:
    splits = dict.fromkeys(("train", "val", "test"), SplitAnswer(truth().splits["test"].rates_hz))
    return Answer("mine", "d", splits, connectivity=found)


def test_only_circuits_are_asked_about():
    everything = {name for name in IDS if name != "hub_recall"}
    assert set(estimates(answer(TRUE), truth(Wiring(TRUE, HUBS)), IDS, 0)) == set(IDS)
    assert set(estimates(answer(TRUE), truth(Wiring(TRUE, None)), IDS, 0)) == everything
    assert estimates(answer(TRUE), truth(), IDS, 0) == {}
    assert estimates(answer(None), truth(Wiring(TRUE, HUBS)), IDS, 0) == {}


def test_the_references_are_the_truth_and_shuffled_pairs():
    found = reference_estimates(truth(Wiring(TRUE, HUBS)), IDS, 0)
    assert all(one.value == pytest.approx(1) for one in found.ceiling.values())
    density = (TRUE != 0)[APART].mean()
    # 200 shuffles of 1560 pairs: means are known to 0.003, those of hubs to 0.015.
    chance = {name: one.value for name, one in found.chance.items()}
    assert chance["edge_auroc"] == pytest.approx(0.5, abs=0.01)
    assert chance["edge_precision"] == pytest.approx(density, abs=0.02)
    assert chance["edge_direction"] == pytest.approx(0.5, abs=0.01)
    assert chance["edge_correlation"] == pytest.approx(0, abs=0.01)
    assert chance["hub_recall"] == pytest.approx(N_HUBS / N, abs=0.05)


def test_intervals_are_over_neurons():
    case = Case(answer(noisy(0.5).astype(np.float32)), truth(Wiring(TRUE, HUBS)), 0)
    found = EDGES.compute(case)["edge_auroc"]
    assert found.low < found.value < found.high
    again = EDGES.compute(replace(case, seed=1))["edge_auroc"]
    assert again.value == found.value
    assert again.low != found.low
