"""Answers that are built to fool a metric, and the rank that every metric must give them."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.score import estimates
from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.submissions.answer import Answer, SplitAnswer

N_TRIALS, N_BINS, N_LATENTS, BIN_S = {"train": 80, "val": 2, "test": 30}, 100, 6, 0.02
HELD_OUT = np.arange(24) >= 18


def make_truth() -> Truth:
    """Leaky integrators of pulses and noise, of falling variance, seen through log-linear rates."""
    rng = np.random.default_rng(0)
    drive, readout = rng.standard_normal((2, N_LATENTS)), rng.standard_normal((N_LATENTS, 24))
    scale = 0.7 ** np.arange(N_LATENTS)
    splits = {}
    for name, n in N_TRIALS.items():
        pulses = rng.choice([-1.0, 0, 1], (n, N_BINS, 2), p=[0.03, 0.94, 0.03])
        latents, now = np.zeros((n, N_BINS, N_LATENTS)), rng.standard_normal((n, N_LATENTS))
        for t in range(N_BINS):
            now = 0.9 * now + pulses[:, t] @ drive + 0.3 * rng.standard_normal(now.shape)
            latents[:, t] = now
        latents *= scale / 2
        rates_hz = 15 * np.exp(0.9 * latents @ readout)
        events = {f"up_{k}": pulses[..., k] > 0 for k in range(2)}
        splits[name] = SplitTruth(
            latents=latents.astype(np.float32),
            rates_hz=rates_hz.astype(np.float32),
            valid=np.arange(N_BINS) < rng.integers(60, N_BINS + 1, (n, 1)),
            spikes=rng.poisson(rates_hz * BIN_S).astype(np.uint16),
            inputs=(pulses + 0.1 * rng.standard_normal(pulses.shape)).astype(np.float32),
            outputs=latents[..., 2:4].astype(np.float32),
            events=events,
        )
    return Truth("digest", BIN_S, HELD_OUT, splits)


TRUTH = make_truth()
ROWS = np.concatenate(list(TRUTH.splits["train"].latents))
TURN = np.linalg.qr(np.random.default_rng(1).standard_normal((N_LATENTS, N_LATENTS)))[0]
WHITEN = np.linalg.inv(np.linalg.cholesky(np.cov(ROWS.T))).T
FIRST_AXIS = np.linalg.svd(ROWS - ROWS.mean(axis=0), full_matrices=False)[2][:1].T
MEAN_HZ = TRUTH.splits["train"].rates_hz.mean(axis=(0, 1))

Change = Callable[[SplitTruth, np.random.Generator], dict[str, np.ndarray]]


def noise(array, sd, rng):
    return sd * rng.standard_normal(array.shape)


def junk(split, rng, n=N_LATENTS):
    steps = rng.standard_normal((*split.valid.shape, n))
    return np.cumsum(steps, axis=1) / 10


def beside(array, more):
    return np.concatenate([array, more], axis=2)


def other(array):
    return np.roll(array, 1, axis=0)


ANSWERS: dict[str, Change] = {
    "truth": lambda true, rng: {},
    "scaled": lambda true, rng: {"states": true.latents * np.logspace(-3, 3, N_LATENTS) + 7},
    "rotated": lambda true, rng: {"states": 5 * true.latents @ TURN - 3},
    "whitened": lambda true, rng: {"states": true.latents @ WHITEN},
    "noisy": lambda true, rng: {
        "states": true.latents + noise(true.latents, 0.03, rng),
        "rates_hz": true.rates_hz * np.exp(noise(true.rates_hz, 0.1, rng)),
        "inputs": true.inputs + noise(true.inputs, 0.15, rng),
    },
    "one component": lambda true, rng: {"states": true.latents @ FIRST_AXIS},
    "junk beside": lambda true, rng: {"states": beside(true.latents, junk(true, rng))},
    "small junk": lambda true, rng: {"states": beside(true.latents, 1e-4 * junk(true, rng))},
    "task inputs": lambda true, rng: {"states": true.inputs},
    "random states": lambda true, rng: {"states": junk(true, rng)},
    "reversed": lambda true, rng: {"states": true.latents[:, ::-1]},
    "shuffled": lambda true, rng: {
        "states": other(true.latents),
        "rates_hz": true.rates_hz[np.roll(np.arange(len(true.valid)), 2)],
        "inputs": other(true.inputs),
    },
    "constant": lambda true, rng: {"rates_hz": np.broadcast_to(MEAN_HZ, true.rates_hz.shape)},
    "per bin": lambda true, rng: {"rates_hz": true.rates_hz * BIN_S},
    "late inputs": lambda true, rng: {"inputs": np.roll(true.inputs, 2, axis=1)},
    "one input": lambda true, rng: {"inputs": true.inputs[..., :1]},
    "junk inputs": lambda true, rng: {"inputs": beside(true.inputs, junk(true, rng, 2))},
}

SAME = ["truth", "scaled", "rotated", "whitened"]
JUNK = ["junk beside", "small junk"]
BY_RATES = [["truth", *JUNK, "random states"], ["noisy"], ["constant"], ["shuffled"], ["per bin"]]
NOTHING = ["random states", "shuffled", "reversed"]

# From best to worst; answers in one row are told apart by no more than the tolerance, those of different
# rows by more. What no row names may get any number.
RANKS: dict[str, tuple[float, list[list[str]]]] = {
    "rate_r2": (0.02, BY_RATES),
    "log_rate_r2": (0.02, BY_RATES),
    "co_bps": (0.005, BY_RATES),
    "few_shot_co_bps": (0.01, [["truth", "scaled"], ["one component"], JUNK, ["shuffled"]]),
    "state_score": (0.02, [SAME, ["noisy"], ["one component"], JUNK, ["task inputs"], NOTHING]),
    "state_recall": (0.01, [[*SAME, *JUNK], ["noisy"], ["one component"], ["task inputs"], NOTHING]),
    "state_recall_pcs": (0.02, [[*SAME, *JUNK], ["noisy"], ["one component"], ["task inputs"], NOTHING]),
    "state_precision": (0.02, [[*SAME, "one component"], ["noisy"], JUNK, ["task inputs"], NOTHING]),
    "procrustes_angle": (0.01, [["truth", "rotated"], ["noisy"], ["whitened"], ["shuffled"]]),
    "cycle_consistency": (0.02, [[*SAME, "one component"], ["noisy"], JUNK, ["random states", "shuffled"]]),
    "input_recall": (0.02, [["truth", "late inputs", "junk inputs"], ["noisy"], ["one input"], ["shuffled"]]),
    "input_precision": (0.02, [["truth", "late inputs", "one input"], ["noisy"], ["junk inputs"]]),
    "event_auroc": (0.02, [["truth", "late inputs", "junk inputs"], ["one input"], ["shuffled"]]),
    "behaviour_r2": (0.01, [[*SAME, *JUNK], ["noisy"], ["one component"], ["shuffled"]]),
    # What CtDB's definition gets wrong, on record: a component, or junk in small units, is as good as all.
    "ctdb_state_r2": (0.01, [["truth", "one component", "small junk"], ["noisy"], ["junk beside"]]),
}  # fmt: skip
FITTED = ("state_", "cycle_", "input_", "behaviour_", "ctdb_")


def answer(name: str) -> Answer:
    rng, splits = np.random.default_rng(2), {}
    for split, true in TRUTH.splits.items():
        arrays = {"rates_hz": true.rates_hz, "states": true.latents, "inputs": true.inputs}
        arrays |= ANSWERS[name](true, rng)
        splits[split] = SplitAnswer(**{key: np.asarray(array, np.float32) for key, array in arrays.items()})
    return Answer(name, "digest", splits)


@pytest.fixture(scope="module")
def scored() -> dict[str, dict[str, float]]:
    """Scores by metric and answer, the larger the better; a fitted map below 0 is as good as none."""
    found: dict[str, dict[str, float]] = {}
    for name in ANSWERS:
        for metric, estimate in estimates(answer(name), TRUTH, list(RANKS), seed=0).items():
            sign = 1 if METRICS[metric].direction == "higher" else -1
            value = max(estimate.value, 0) if metric.startswith(FITTED) else sign * estimate.value
            found.setdefault(metric, {})[name] = value
    return found


@pytest.mark.parametrize("metric", RANKS)
def test_every_answer_has_its_rank(metric, scored):
    tolerance, rows = RANKS[metric]
    values = [[scored[metric][name] for name in row] for row in rows]
    table = "\n".join(f"{name:15} {scored[metric][name]:8.3f}" for row in rows for name in row)
    assert not np.isnan([value for row in values for value in row]).any(), table
    for row in values:
        assert max(row) - min(row) <= tolerance, table
    for better, worse in pairwise(values):
        assert min(better) > max(worse) + tolerance, table


def test_every_metric_is_attacked():
    """Those that are not here are parts of those that are, or have their adversaries with their own tests."""
    elsewhere = {"fp_bps", "co_bps_share", "ctdb_input_r2", "ctdb_cycle_con"}
    parts = {metric for metric in METRICS if metric.startswith(("rate_r2_", "log_rate_r2_"))}
    # tests/metrics/test_dynamics.py, test_edges.py and test_labels.py.
    others = {"dynamics", "connectivity", "probabilities"}
    elsewhere |= {metric for metric in METRICS if METRICS[metric].needs & others}
    elsewhere |= {"dsa_angular", "dsa_spectral"}
    assert set(METRICS) == set(RANKS) | parts | elsewhere


def test_no_rate_is_too_bad_for_a_number():
    for name in ("constant", "per bin"):
        assert all(np.isfinite(e.value) for e in estimates(answer(name), TRUTH, list(METRICS), 0).values())
