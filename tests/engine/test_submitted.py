"""Scoring what strangers send: what is refused is not scored, and what is scored gives nothing away."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

import ctdspec
from ctdspec.engine.submitted import RefusedError, score_submission
from ctdspec.engine.truth import read_truth
from ctdspec.errors import CtdspecError
from ctdspec.results.result import MAX_BYTES, Result, read_result, write_result
from ctdspec.store.layout import DatasetFolder
from ctdspec.submissions.answer import SPLITS, Answer, SplitAnswer
from ctdspec.submissions.file import write_answer


@pytest.fixture(scope="module")
def answers(tiny_3bff: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answers of rates; of rates, states and inputs; and the same by a method that was given the inputs."""
    truth, folder = read_truth(DatasetFolder(tiny_3bff)), tmp_path_factory.mktemp("answers")
    rng = np.random.default_rng(0)
    rates, whole = {}, {}
    for name in SPLITS:
        split = truth.splits[name]
        noisy = (split.rates_hz * np.exp(0.3 * rng.standard_normal(split.rates_hz.shape))).astype(np.float32)
        rates[name] = SplitAnswer(noisy)
        whole[name] = SplitAnswer(noisy, split.latents, split.inputs)
    write_answer(folder / "rates.h5", Answer("rates", truth.dataset, rates))
    write_answer(folder / "whole.h5", Answer("whole", truth.dataset, whole))
    write_answer(folder / "given.h5", Answer("given", truth.dataset, whole, given_inputs=True))
    return folder


@pytest.fixture(scope="module")
def whole(answers: Path, tiny_3bff: Path) -> Result:
    return score_submission(answers / "whole.h5", tiny_3bff).result


def test_every_metric_of_its_track_and_of_the_spec_is_scored(whole, tiny_3bff):
    assert (whole.track, whole.partial, whole.missing) == ("S", False, [])
    assert {row.metric for row in whole.scores} >= {"rate_r2", "state_score", "input_recall", "co_bps"}
    assert whole.answered.n_held_out == 5
    spec = ctdspec.load(tiny_3bff / "spec.yaml")
    assert set(spec.metrics) <= {row.metric for row in whole.scores}


def test_a_track_is_partial_where_its_answer_lacks_something(answers, tiny_3bff):
    smoothing = score_submission(tiny_3bff / "methods/smoothing/submission.h5", tiny_3bff).result
    assert smoothing.partial
    assert smoothing.missing == ["input_recall", "input_precision", "event_auroc"]
    rates = score_submission(answers / "rates.h5", tiny_3bff).result
    assert (rates.track, rates.partial) == ("R", False)
    assert rates.row("state_score") is None, "never a zero"


def test_who_was_given_the_inputs_lacks_none(answers, tiny_3bff):
    given = score_submission(answers / "given.h5", tiny_3bff).result
    assert (given.given_inputs, given.partial) == (True, False)
    assert given.row("input_recall") is None


def test_the_same_submission_gives_the_same_bytes(whole, answers, tiny_3bff, tmp_path):
    again = score_submission(answers / "whole.h5", tiny_3bff).result
    for name, result in (("a", whole), ("b", again)):
        write_result(tmp_path / name, result)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read_result(tmp_path / "a") == whole


def test_intervals_are_those_of_the_resamples(whole):
    for row in whole.scores:
        if row.metric in whole.resamples:
            low, high = np.percentile(whole.resamples[row.metric], [2.5, 97.5])
            np.testing.assert_allclose([row.low, row.high], [low, high], rtol=1e-5, atol=1e-6)


def share_found(wanted: np.ndarray, numbers: np.ndarray) -> float:
    """Give the share of numbers that are among others, to six digits."""
    after = np.searchsorted(numbers, wanted).clip(1, len(numbers) - 1)
    nearest = np.minimum(abs(numbers[after] - wanted), abs(numbers[after - 1] - wanted))
    return float(np.mean(nearest <= 1e-6 * abs(wanted)))


def test_a_result_holds_none_of_the_truth(whole, tiny_3bff):
    """By chance, one number in thirty is near one of the 36 000 of a result."""
    truth = read_truth(DatasetFolder(tiny_3bff)).splits["test"]
    numbers = np.unique([value for values in whole.resamples.values() for value in values])
    assert truth.outputs is not None
    for array in (truth.rates_hz, truth.latents, truth.outputs):
        wanted = array.reshape(-1)[:: array.size // 2000].astype(float)
        assert share_found(wanted, numbers) < 0.2
        assert share_found(wanted, np.union1d(numbers, wanted.round(7))) > 0.5, "the search would find them"


def test_what_validation_refuses_is_not_scored(answers, tiny_3bff, tmp_path):
    spoiled = tmp_path / "spoiled.h5"
    spoiled.write_bytes((answers / "rates.h5").read_bytes())
    with h5py.File(spoiled, "a") as file:
        for split in SPLITS:
            file[f"{split}/rates_hz"][...] *= 0.01
        file.attrs["method"] = "My Method"
    told = {finding.problem.code for finding in ctdspec.validate(spoiled, tiny_3bff).findings}
    with pytest.raises(RefusedError) as refused:
        score_submission(spoiled, tiny_3bff)
    assert {finding.problem.code for finding in refused.value.verdict.findings} == told
    assert told == {"SUB-STR-004", "SUB-VAL-003"}
    assert refused.value.exit_code == 3


def test_a_warning_is_kept_and_does_not_refuse(answers, tiny_3bff, tmp_path):
    poor = tmp_path / "poor.h5"
    poor.write_bytes((answers / "rates.h5").read_bytes())
    with h5py.File(poor, "a") as file:
        for split in SPLITS:
            file[f"{split}/rates_hz"][...] *= 8
    result = score_submission(poor, tiny_3bff).result
    assert [warning.code for warning in result.warnings] == ["SUB-VAL-005"]


def test_the_verb_writes_a_result_or_says_why_not(ctdspec, answers, tiny_3bff, tmp_path):
    out = tmp_path / "r/rates.json"
    code, said, _ = ctdspec("score", answers / "rates.h5", "--against", tiny_3bff, "--result", out)
    assert (code, str(out) in said) == (0, True)
    assert read_result(out).method == "rates"
    (tmp_path / "empty.h5").write_bytes(b"nothing")
    refused = ("score", tmp_path / "empty.h5", "--against", tiny_3bff, "--result", tmp_path / "r/no.json")
    code, said, _ = ctdspec(*refused, "--json")
    answer = json.loads(said)
    assert (code, answer["scored"], answer["findings"][0]["code"]) == (3, False, "SUB-SAF-002")
    assert not (tmp_path / "r/no.json").exists()


def test_results_of_strangers_are_read_with_care(whole, tmp_path):
    write_result(tmp_path / "good.json", whole)
    (tmp_path / "link.json").symlink_to(tmp_path / "good.json")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "large.json").write_bytes(b" " * (MAX_BYTES + 1))
    (tmp_path / "more.json").write_text(
        (tmp_path / "good.json").read_text().replace('"method"', '"x": 1, "method"', 1)
    )
    for name in ("link", "deep", "large", "more", "nowhere"):
        with pytest.raises(CtdspecError):
            read_result(tmp_path / f"{name}.json")
