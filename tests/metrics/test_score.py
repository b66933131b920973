import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import poisson

from ctdspec.errors import SubmissionError, UsageError
from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.references import chance_answer, derangement, oracle_answer
from ctdspec.metrics.score import normalised, reference_estimates, score
from ctdspec.metrics.table import scores_csv, scores_json
from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.trials import last_bins

# Those of dynamics are in tests/metrics/test_dynamics.py, those of circuits and of discrete states in
# test_edges.py and test_labels.py.
# The truth below is a random walk: a linear law, as the surrogates are that DSA takes for chance.
LINEAR = ("dsa_angular", "dsa_spectral")
ELSEWHERE = {"dynamics", "connectivity", "probabilities"}
ALL = [metric for metric in METRICS if not METRICS[metric].needs & ELSEWHERE and metric not in LINEAR]
INEXACT = (
    "co_bps",
    "event_auroc",
    "few_shot_co_bps",
    "fp_bps",
    "procrustes_angle",
    "ctdb_cycle_con",
)
PERFECT = set(ALL) - {*INEXACT, "cycle_consistency"}
N_TRIALS = {"train": 30, "val": 1, "test": 12}


def make_truth(held_out: int = 3) -> Truth:
    rng = np.random.default_rng(0)
    readout = rng.standard_normal((4, 9))

    def split(n):
        latents = np.cumsum(rng.standard_normal((n, 50, 4)), axis=1) / 5
        rates_hz = 60 * np.exp(0.5 * latents @ readout)
        spikes = rng.poisson(rates_hz * 0.01).astype(np.uint16)
        latents = latents.astype(np.float32)
        inputs = rng.standard_normal((n, 50, 2)).astype(np.float32)
        return SplitTruth(
            latents,
            rates_hz.astype(np.float32),
            np.ones((n, 50), bool),
            spikes,
            inputs=inputs,
            outputs=latents[..., :2],
            events={"high": inputs[..., 0] > 1.5},
        )

    splits = {name: split(n) for name, n in N_TRIALS.items()}
    ahead = last_bins(splits["test"].valid, 10)
    splits["test"] = replace(splits["test"], valid=~ahead, forward=ahead)
    return Truth("digest", 0.01, np.arange(9) >= 9 - held_out, splits)


TRUTH = make_truth()


def changed(answer: Answer, split: str, **arrays) -> Answer:
    return replace(answer, splits={**answer.splits, split: replace(answer.splits[split], **arrays)})


def test_the_oracle_reaches_every_ceiling():
    rows = score(oracle_answer(TRUTH), TRUTH, ALL, seed=0)
    assert [row.metric for row in rows] == ALL
    for row in rows:
        assert (row.method, row.split, row.n_trials, row.n_bootstrap) == ("oracle", "test", 12, 2000)
        assert row.value == row.ceiling
        assert row.low <= row.value <= row.high
        assert row.normalised == 1
        better = 1 if METRICS[row.metric].direction == "higher" else -1
        assert better * row.chance < better * row.value, row.metric
        if row.metric in PERFECT:
            assert row.value == pytest.approx(1, abs=1e-6), row.metric


def test_chance_knows_nothing():
    rows = {row.metric: row for row in score(oracle_answer(TRUTH), TRUTH, ALL, seed=0)}
    assert rows["rate_r2"].chance < 0
    assert rows["co_bps"].chance < 0
    assert abs(rows["state_recall"].chance) < 0.3


def test_chance_is_the_truth_of_other_trials():
    answer = chance_answer(TRUTH, np.random.default_rng(0))
    assert set(answer.splits) == {"train", "test"}, "a single trial has no other to borrow from"
    for name, split in answer.splits.items():
        true = TRUTH.splits[name]
        donors = [int(np.flatnonzero((true.latents == trial).all(axis=(1, 2)))[0]) for trial in split.states]
        assert sorted(donors) == list(range(N_TRIALS[name]))
        assert all(donor != trial for trial, donor in enumerate(donors))
        assert sorted(map(bytes, split.rates_hz)) == sorted(map(bytes, true.rates_hz))
        assert not (split.rates_hz == true.rates_hz).all(axis=(1, 2)).any()
        assert not np.array_equal(split.rates_hz, true.rates_hz[donors]), "rates do not fit the states"


def test_derangements_are_equally_likely():
    # Nine derangements of four; 4500 draws give 500 +- 21 of each, and 400 to 600 is nearly five such steps.
    rng = np.random.default_rng(0)
    seen: dict[tuple[int, ...], int] = {}
    for _ in range(4500):
        order = tuple(derangement(4, rng).tolist())
        seen[order] = seen.get(order, 0) + 1
    assert len(seen) == 9
    assert all(400 < count < 600 for count in seen.values())


def test_without_states_there_are_no_state_rows():
    splits = {"test": SplitAnswer(TRUTH.splits["test"].rates_hz)}
    rows = score(Answer("rates_only", "digest", splits), TRUTH, ALL, seed=0)
    assert [row.metric for row in rows] == [
        metric for metric in ALL if METRICS[metric].needs <= {"rates", "held_out", "forward", "spikes"}
    ]


def test_without_held_out_neurons_there_are_no_bits():
    truth = make_truth(held_out=0)
    rows = score(oracle_answer(truth), truth, ALL, seed=0)
    assert {row.metric for row in rows} == {m for m in ALL if "held_out" not in METRICS[m].needs}


def test_inputs_that_were_given_are_not_scored():
    answer = replace(oracle_answer(TRUTH), given_inputs=True)
    assert "input_recall" not in {row.metric for row in score(answer, TRUTH, ALL, seed=0)}


def test_a_system_without_inputs_outputs_and_spikes_has_no_rows_of_them():
    bare = {
        name: replace(split, spikes=None, inputs=None, outputs=None, events={}, forward=None)
        for name, split in TRUTH.splits.items()
    }
    truth = replace(TRUTH, splits=bare)
    rows = score(oracle_answer(TRUTH), truth, ALL, seed=0)
    assert {row.metric for row in rows} == {m for m in ALL if METRICS[m].needs <= {"rates", "states"}} | {
        m for m in ALL if METRICS[m].needs == {"rates", "held_out"}
    }


def test_forward_prediction_sees_hidden_bins_only_and_all_else_the_others_only():
    answer, ahead = oracle_answer(TRUTH), TRUTH.splits["test"].forward
    rows = {row.metric: row.value for row in score(answer, TRUTH, ALL, 0)}
    test = answer.splits["test"]
    spoilt = {
        name: {key: np.where(bins[..., None], np.float32(1), array) for key, array in vars(test).items()}
        for name, bins in {"before": ~ahead, "ahead": ahead}.items()
    }
    before = score(changed(answer, "test", **spoilt["before"]), TRUTH, ["fp_bps"], 0)
    assert before[0].value == rows["fp_bps"] > 0
    others = score(changed(answer, "test", **spoilt["ahead"]), TRUTH, ALL, 0)
    assert {row.metric: row.value for row in others if row.metric != "fp_bps"} == {
        name: value for name, value in rows.items() if name != "fp_bps"
    }


def test_forward_prediction_is_the_formula_of_nlb_in_the_last_bins():
    test = TRUTH.splits["test"]
    rates_hz = (test.rates_hz * 1.2 + 3).astype(np.float32)
    (row,) = score(changed(oracle_answer(TRUTH), "test", rates_hz=rates_hz), TRUTH, ["fp_bps"], 0)
    spikes, expected = test.spikes[:, 40:].reshape(-1, 9), rates_hz[:, 40:].reshape(-1, 9) * 0.01
    gain = poisson.logpmf(spikes, expected).sum() - poisson.logpmf(spikes, spikes.mean(axis=0)).sum()
    assert row.value == pytest.approx(gain / spikes.sum() / np.log(2), abs=1e-5)


def test_forward_prediction_ranks_those_that_do_not_predict():
    test, rng = TRUTH.splits["test"], np.random.default_rng(5)
    stopped, constant, shuffled = (test.rates_hz.copy() for _ in range(3))
    stopped[:, 40:] = stopped[:, 39:40]
    constant[:, 40:] = test.spikes[:, 40:].mean(axis=(0, 1)) / 0.01
    for trial in shuffled:
        trial[40:] = trial[40:][rng.permutation(10)]
    case = oracle_answer(TRUTH)
    answers = [test.rates_hz, shuffled, stopped, constant]
    bits = [score(changed(case, "test", rates_hz=rates), TRUTH, ["fp_bps"], 0)[0].value for rates in answers]
    # A random walk: shuffled bins are nearer on average than the last one before them. Some 600 spikes.
    assert bits[0] > max(bits[1:])
    assert bits[-1] == pytest.approx(0, abs=1e-6)


def test_normalised_is_zero_at_chance_and_one_at_the_ceiling():
    assert normalised(0.5, 1, 0) == 0.5
    assert normalised(1.2, 0, 1.5) == pytest.approx(0.2), "lower is better"
    assert np.isnan(normalised(1, 0.5, 0.5))


def test_reference_rows_are_those_of_the_reference_answers():
    references = reference_estimates(TRUTH, ALL, 0)
    oracle, chance = references.rows(12)
    assert oracle == score(oracle_answer(TRUTH), TRUTH, ALL, 0, references)
    assert [row.method for row in chance] == ["chance"] * len(ALL)
    assert all(row.normalised == 0 for row in chance)


def test_only_held_out_neurons_make_bits():
    answer = oracle_answer(TRUTH)
    rates_hz = answer.splits["test"].rates_hz.copy()
    rates_hz[..., ~TRUTH.held_out] = 1
    spoiled = score(changed(answer, "test", rates_hz=rates_hz), TRUTH, ["co_bps"], seed=0)
    assert spoiled == score(answer, TRUTH, ["co_bps"], seed=0)


def test_other_metrics_and_references_given_before_change_no_row():
    answer = oracle_answer(TRUTH)
    rows = score(answer, TRUTH, ALL, seed=0)
    assert score(answer, TRUTH, ["state_recall"], seed=0) == [
        row for row in rows if row.metric == "state_recall"
    ]
    assert score(answer, TRUTH, ALL, 0, reference_estimates(TRUTH, ALL, 0)) == rows
    assert score(answer, TRUTH, ALL, seed=1) != rows


def test_everything_wrong_is_said_at_once():
    answer = oracle_answer(TRUTH)
    bad_rates = answer.splits["test"].rates_hz.copy()
    bad_rates[3, 4, 5] = -1
    answer = changed(answer, "test", rates_hz=bad_rates)
    answer = changed(answer, "train", states=None, rates_hz=np.zeros((30, 50, 8), np.float32))
    with pytest.raises(SubmissionError) as caught:
        score(replace(answer, dataset="another"), TRUTH, ALL, seed=0)
    text = str(caught.value)
    assert "dataset: found 'another', expected 'digest'" in text
    assert "train/rates_hz: found shape (30, 50, 8), expected (trial 30, time 50, neuron 9)" in text
    assert "test/rates_hz: found 1 negative rates, the first at (trial 3, time 4, column 5)" in text
    assert "states: found none in train" in text


def test_an_unknown_metric_is_refused():
    with pytest.raises(UsageError, match="'rate_r3' is unknown; the metrics are rate_r2"):
        score(oracle_answer(TRUTH), TRUTH, ["rate_r3"], seed=0)


def test_tables_hold_every_bit():
    rows = score(oracle_answer(TRUTH), TRUTH, ALL, seed=0)
    rows[0] = replace(rows[0], value=float("nan"))
    from_csv = list(csv.DictReader(io.StringIO(scores_csv(rows))))
    from_json = json.loads(scores_json(rows))
    assert from_csv[0]["value"] == ""
    assert from_json[0]["value"] is None
    for row, csv_row, json_row in zip(rows[1:], from_csv[1:], from_json[1:], strict=True):
        assert [float(csv_row[name]) for name in ("value", "low", "chance")] == [
            row.value,
            row.low,
            row.chance,
        ]
        assert json_row == {name: value for name, value in row.__dict__.items() if name != "resamples"}
