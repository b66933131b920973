"""Scores need memory for a piece of the trials, however many there are."""

import math
import resource
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from ctdspec import scratch
from ctdspec.metrics.bootstrap import trial_weights
from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.ceilings.readout import readout_answer
from ctdspec.metrics.chance import ou_answer, shifted_answer
from ctdspec.metrics.explained import sum_of_rows
from ctdspec.metrics.references import chance_answer
from ctdspec.metrics.resting import Visited
from ctdspec.metrics.score import score
from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.file import read_answer, write_answer

# The others look at a few dozen trials, whatever there is, or at a matrix of neurons.
FEW = {"dynamics", "connectivity", "probabilities"}
ALL = [name for name in METRICS if not METRICS[name].needs & FEW and not name.startswith("dsa_")]
BIN_S, N_BINS, N_NEURONS = 0.02, 160, 40
N_TRIALS = {"train": 150, "val": 20, "test": 800}
RATES_BYTES = 4 * N_TRIALS["test"] * N_BINS * N_NEURONS
"""Of the test split, as float32."""
OUT_OF_MEMORY = 9


def make_truth(n_trials: dict[str, int], n_neurons: int) -> Truth:
    rng = np.random.default_rng(0)
    readout = rng.standard_normal((3, n_neurons)) / 3

    def split(n: int, ahead: bool) -> SplitTruth:
        latents = np.cumsum(rng.standard_normal((n, N_BINS, 3)), axis=1).astype(np.float32) / 5
        rates_hz = scratch.empty((n, N_BINS, n_neurons), np.float32)
        spikes = scratch.empty(rates_hz.shape, np.uint8)
        for trial in range(n):
            rates_hz[trial] = 20 * np.exp(latents[trial] @ readout)
            spikes[trial] = np.minimum(rng.poisson(rates_hz[trial] * BIN_S), 255)
        inputs = rng.standard_normal((n, N_BINS, 2)).astype(np.float32)
        whole = np.arange(N_BINS) < rng.integers(N_BINS - 9, N_BINS + 1, (n, 1))
        forward = whole & (np.arange(N_BINS) >= N_BINS - 5) if ahead else None
        return SplitTruth(
            latents,
            rates_hz,
            whole if forward is None else whole & ~forward,
            spikes,
            observed=rng.random((n, n_neurons)) > 0.1,
            inputs=inputs,
            stimulus=inputs,
            outputs=latents[..., :2],
            events={"high": inputs[..., 0] > 1.5},
            forward=forward,
        )

    splits = {name: split(n, name == "test") for name, n in n_trials.items()}
    return Truth("digest", BIN_S, np.arange(n_neurons) < n_neurons // 4, splits)


def make_answer(truth: Truth) -> Answer:
    rng = np.random.default_rng(1)
    splits = {}
    for name, split in truth.splits.items():
        rates_hz = scratch.empty(split.rates_hz.shape, np.float32)
        for trial, true_hz in enumerate(split.rates_hz):
            rates_hz[trial] = true_hz * np.exp(0.2 * rng.standard_normal(true_hz.shape))
        states = split.latents + 0.1 * rng.standard_normal(split.latents.shape).astype(np.float32)
        splits[name] = SplitAnswer(rates_hz, states, states[..., :2])
    return Answer("my_method", "digest", splits)


@pytest.fixture
def in_small_pieces(monkeypatch):
    """Make every array of more than a few trials a large one, worked on by three trials or fewer."""

    def set_sizes() -> None:
        monkeypatch.setattr(scratch, "LARGE_BYTES", 5000)
        monkeypatch.setattr(scratch, "PIECE_VALUES", 3 * N_BINS * 12)

    return set_sizes


SMALL = make_truth({"train": 20, "val": 3, "test": 17}, n_neurons=12)


def test_small_pieces_change_no_score(in_small_pieces):
    answer, whole = make_answer(SMALL), score(make_answer(SMALL), SMALL, ALL, seed=1)
    in_small_pieces()
    found = score(answer, SMALL, ALL, seed=1)
    assert [row.metric for row in found] == ALL
    for one, other in zip(found, whole, strict=True):
        numbers, others = ([row.value, row.low, row.high, row.ceiling, row.chance] for row in (one, other))
        # Sums over all trials may be rounded otherwise.
        assert numbers == pytest.approx(others, rel=1e-9, abs=1e-12, nan_ok=True)
        assert one.resamples == pytest.approx(other.resamples, rel=1e-9, abs=1e-12, nan_ok=True)


def poisson(features: np.ndarray, counts: np.ndarray, seen: np.ndarray):
    """Fit nothing: give exponentials of the features."""
    weights = np.ones((features.shape[1], counts.shape[1]), np.float32)
    return lambda some: np.exp(some @ weights)


def known_by_nobody(truth: Truth) -> list[Answer]:
    latents = {name: split.latents for name, split in truth.splits.items()}
    return [
        *(made(truth, np.random.default_rng(2)) for made in (chance_answer, shifted_answer, ou_answer)),
        readout_answer(truth, "features", latents, poisson, 50, np.random.default_rng(2)),
    ]


def test_small_pieces_change_no_reference(in_small_pieces):
    whole = known_by_nobody(SMALL)
    in_small_pieces()
    for one, other in zip(known_by_nobody(SMALL), whole, strict=True):
        for name, split in one.splits.items():
            assert np.array_equal(split.rates_hz, other.splits[name].rates_hz)
            assert np.array_equal(split.states, other.splits[name].states)


def test_small_pieces_draw_the_same_resamples(in_small_pieces):
    whole = trial_weights(100, np.random.default_rng(0))
    in_small_pieces()
    assert np.array_equal(trial_weights(100, np.random.default_rng(0)), whole)


def test_a_sum_is_rounded_as_one_whole():
    rows = np.random.default_rng(0).lognormal(0, 3, (1000, 7)).astype(np.float32)
    exact = np.array([math.fsum(column) for column in rows.T])
    whole = sum_of_rows([rows])
    assert whole == pytest.approx(exact, rel=1e-12)
    assert np.array_equal(sum_of_rows([rows[:300], rows[300:300], rows[300:]]), whole)


def test_visited_states_are_those_of_the_valid_bins(in_small_pieces):
    split = SMALL.splits["test"]
    rows = split.latents[split.valid].astype(float)
    in_small_pieces()
    found = Visited.of(split.latents, split.valid)
    assert found.mean == pytest.approx(rows.mean(axis=0))
    assert found.spread == pytest.approx(np.sqrt(np.cov(rows.T, bias=True).trace()))


@pytest.mark.parametrize("work", ["scores", "file"])
def test_a_piece_of_the_trials_is_in_memory(work: str, runs_out_of_memory):
    """With three fifths of the bytes of the rates."""
    assert not runs_out_of_memory(work)


def test_the_bound_would_show_a_whole_array(runs_out_of_memory):
    assert runs_out_of_memory("whole_array")


def scores(truth: Truth, answer: Answer) -> None:
    score(answer, truth, ALL, seed=1)


def through_a_file(truth: Truth, answer: Answer) -> None:
    with tempfile.TemporaryDirectory() as name:
        write_answer(Path(name) / "submission.h5", answer)
        read_answer(Path(name) / "submission.h5", truth.expected)


def whole_array(truth: Truth, answer: Answer) -> None:
    answer.splits["test"].rates_hz.astype(float)


WORK = {"scores": scores, "file": through_a_file, "whole_array": whole_array}


def main(work: str) -> int:
    scratch.LARGE_BYTES, scratch.UNPACKED_VALUES = 1 << 20, 1 << 18
    short = make_truth({"train": 20, "val": 3, "test": 17}, N_NEURONS)
    WORK[work](short, make_answer(short))  # what is imported or kept for ever is not counted
    truth = make_truth(N_TRIALS, N_NEURONS)
    answer = make_answer(truth)
    own = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmData" in line)
    bound = int(own.split()[1]) * 1024 + 3 * RATES_BYTES // 5
    resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))
    try:
        WORK[work](truth, answer)
    except MemoryError:
        return OUT_OF_MEMORY
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
