"""Mistakes that people make, each found under its own code, and honest answers left alone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ctdspec
from ctdspec.checks import order
from ctdspec.checks.evidence import Evidence
from ctdspec.checks.profile import read_profile
from ctdspec.checks.submission import findings
from ctdspec.engine.hidden import read_hidden
from ctdspec.engine.truth import read_truth
from ctdspec.metrics.truth import Truth
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.recording import Recording, open_recording
from ctdspec.submissions.answer import SPLITS, Answer, SplitAnswer
from ctdspec.submissions.file import write_answer

Judge = Callable[..., set[str]]


@pytest.fixture(scope="module")
def truth(tiny_3bff: Path) -> Truth:
    return read_truth(DatasetFolder(tiny_3bff))


@pytest.fixture(scope="module")
def recording(tiny_3bff: Path) -> Recording:
    return open_recording(tiny_3bff)


@pytest.fixture(scope="module")
def oracle(truth: Truth) -> Answer:
    splits = {name: SplitAnswer(truth.splits[name].rates_hz, truth.splits[name].latents) for name in SPLITS}
    return Answer("oracle", truth.dataset, splits)


@pytest.fixture
def judge(tiny_3bff: Path, recording: Recording) -> Judge:
    """Give the codes of what is found in an answer."""
    profile, hidden = read_profile("submission"), read_hidden(DatasetFolder(tiny_3bff))

    def codes(answer: Answer, public: bool = False) -> set[str]:
        problems = list(recording.expected.problems(answer))
        found = findings(problems, Evidence(answer, recording, None if public else hidden), profile)
        return {finding.problem.code for finding in found}

    return codes


def with_test(answer: Answer, **changes: np.ndarray | None) -> Answer:
    return replace(answer, splits={**answer.splits, "test": replace(answer.splits["test"], **changes)})


def with_rates(answer: Answer, change: Callable[[np.ndarray], np.ndarray]) -> Answer:
    splits = {
        name: replace(split, rates_hz=change(split.rates_hz).astype(np.float32))
        for name, split in answer.splits.items()
    }
    return replace(answer, splits=splits)


@pytest.mark.parametrize("public", [True, False])
def test_the_truth_is_fine(judge, oracle, public):
    assert judge(oracle, public) == set()


def test_a_baseline_is_fine(tiny_3bff):
    verdict = ctdspec.validate(tiny_3bff / "methods/smoothing/submission.h5", tiny_3bff)
    assert list(verdict.findings) == []
    assert verdict.exit_code == 0


def test_noise_around_the_truth_is_fine(judge, oracle):
    """Ten answers of growing error, up to a factor of e per bin: none is called a mistake of the writer."""
    rng = np.random.default_rng(0)
    for sd in np.linspace(0.1, 1, 10):
        noisy = with_rates(oracle, lambda rates, sd=sd: rates * np.exp(sd * rng.standard_normal(rates.shape)))
        assert judge(noisy) == set()


@pytest.mark.parametrize("public", [True, False])
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rates: rates * 0.01, "SUB-VAL-003"),
        (lambda rates: rates * 100, "SUB-VAL-003"),
        (lambda rates: np.log(rates + 1.5), "SUB-VAL-004"),
        (lambda rates: rates * 8, "SUB-VAL-005"),
        (lambda rates: np.broadcast_to(rates.mean(axis=(0, 1)), rates.shape), "SUB-VAL-006"),
        (lambda rates: rates[:, ::-1], "SUB-VAL-007"),
        (lambda rates: rates[::-1], "SUB-VAL-008"),
        (lambda rates: np.roll(rates, 1, axis=0), "SUB-VAL-008"),
        (lambda rates: rates[np.random.default_rng(1).permutation(len(rates))], "SUB-VAL-008"),
        (lambda rates: rates[..., ::-1], "SUB-VAL-009"),
    ],
)
def test_wrong_rates_are_named(judge, oracle, change, code, public):
    assert judge(with_rates(oracle, change), public) == {code}


def test_the_places_of_some_trials_tell_of_all(judge, oracle, monkeypatch):
    n_trials = len(oracle.splits["test"].rates_hz)
    monkeypatch.setattr(order, "MOST_TRIALS", n_trials // 2)
    shuffled = with_rates(oracle, lambda rates: rates[np.random.default_rng(1).permutation(len(rates))])
    assert judge(shuffled) == {"SUB-VAL-008"}
    assert judge(oracle) == set()


def test_trials_of_other_draws_are_not_found_by_chance(judge, oracle, truth):
    """Constant answers and averages over trials fit all trials alike: nothing can be said of their order."""
    average = with_rates(oracle, lambda rates: np.broadcast_to(rates.mean(axis=0), rates.shape))
    assert judge(average) == set()


def test_held_in_first_is_named(judge, oracle, truth):
    order = np.argsort(truth.held_out, kind="stable")
    assert "SUB-VAL-009" in judge(with_rates(oracle, lambda rates: rates[..., order]))


def test_spikes_as_rates_are_named(judge, oracle, truth, recording):
    rates_hz = oracle.splits["test"].rates_hz.copy()
    rates_hz[..., ~truth.held_out] = recording.splits["test"].spikes / recording.bin_s
    assert judge(with_test(oracle, rates_hz=rates_hz)) == {"SUB-VAL-010"}


def test_hidden_spikes_in_the_answer_are_a_leak_that_only_the_truth_shows(judge, oracle, truth):
    rates_hz = oracle.splits["test"].rates_hz.copy()
    hidden = truth.splits["test"].spikes
    assert hidden is not None
    rates_hz[..., truth.held_out] *= np.where(hidden[..., truth.held_out] > 0, 1.5, 1.0)
    leak = with_test(oracle, rates_hz=rates_hz)
    assert judge(leak) == {"SUB-LEA-001"}
    assert judge(leak, public=True) == set()


def test_test_answers_of_the_train_trials_are_named(judge, oracle):
    n = len(oracle.splits["test"].rates_hz)
    assert "SUB-LEA-002" in judge(with_test(oracle, rates_hz=oracle.splits["train"].rates_hz[:n]))


def test_constant_states_are_named(judge, oracle):
    constant = with_test(oracle, states=np.ones_like(oracle.splits["test"].states))
    assert judge(constant) == {"SUB-VAL-011"}


def test_states_that_are_the_stimulus_are_named(judge, oracle, recording):
    splits = {
        name: replace(split, states=recording.splits[name].stimulus @ np.float32([[1, 2], [0, 1], [1, 0]]))
        for name, split in oracle.splits.items()
    }
    assert judge(replace(oracle, splits=splits)) == {"SUB-VAL-012"}


def test_everything_is_said_at_once(judge, oracle):
    wrong = with_rates(oracle, lambda rates: rates * 0.01)
    wrong.splits["val"].rates_hz[0, 0, 0] = np.nan
    assert judge(with_test(wrong, states=None)) == {"SUB-STR-016", "SUB-VAL-001", "SUB-VAL-003"}


def test_values_of_an_answer_to_another_dataset_are_not_judged(judge, oracle):
    wrong = replace(with_rates(oracle, lambda rates: rates[::-1]), dataset="another")
    assert judge(wrong) == {"SUB-STR-005"}


def test_a_recording_without_spikes_is_judged_by_what_it_has(tiny_calcium, tmp_path):
    truth = read_truth(DatasetFolder(tiny_calcium))
    splits = {name: SplitAnswer(truth.splits[name].rates_hz) for name in SPLITS}
    write_answer(tmp_path / "answer.h5", Answer("oracle", truth.dataset, splits))
    assert list(ctdspec.validate(tmp_path / "answer.h5", tiny_calcium).findings) == []


def test_what_is_hidden_is_the_truth_of_the_held_out_neurons(tiny_3bff: Path, truth: Truth) -> None:
    hidden, test = read_hidden(DatasetFolder(tiny_3bff)), truth.splits["test"]
    assert hidden is not None
    assert test.spikes is not None
    assert np.array_equal(hidden.spikes, test.spikes[..., truth.held_out])
    assert np.array_equal(hidden.rates_hz, test.rates_hz[..., truth.held_out])
    assert np.array_equal(hidden.seen, test.seen(truth.held_out))


def test_nothing_is_hidden_behind_signals(tiny_calcium: Path) -> None:
    assert read_hidden(DatasetFolder(tiny_calcium)) is None
