"""Whether anything was inferred: no constants, no copies, nothing that could not be known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ctdspec import scratch
from ctdspec.checks.evidence import Evidence
from ctdspec.checks.question import Check, Question
from ctdspec.metrics.bits import SpikeSums
from ctdspec.submissions.expected import Problem

CONSTANT_RATES = Question(
    "SUB-VAL-006",
    "Do the rates change in time?",
    "Rates that never change are what a model gives that has died, or whose output was averaged away.",
    "look at the model's output before it was written",
    ("share",),
)
SPIKES = Question(
    "SUB-VAL-010",
    "Are the held-in rates inferred, and not the spikes themselves?",
    "Counts per bin written as rates are perfect at what was given, and say nothing about what was not.",
    "give the rates of the model, not the data it was shown",
    ("correlation",),
)
CONSTANT_STATES = Question(
    "SUB-VAL-011",
    "Do the states change in time?",
    "States that are constant hold nothing of the dynamics; most scores of them are not defined.",
    "give the states of the model, or leave states out",
)
INPUT_STATES = Question(
    "SUB-VAL-012",
    "Are the states more than a linear image of the stimulus?",
    "The stimulus is given to everybody; handing it back as states infers nothing.",
    "give the states of the model, or leave states out",
    ("r2",),
)
TEST_IS_TRAIN = Question(
    "SUB-LEA-002",
    "Are the test answers other than the train answers?",
    "A loop that writes one split under two names gives a file of the right shape whose test answers are "
    "those of other trials.",
    "write each split's own rates",
    ("distinct_share",),
)
ORACLE = Question(
    "SUB-LEA-001",
    "Do the held-out rates fit the hidden spikes no better than the true rates do?",
    "Nobody who has not seen the hidden spikes can do better than the rates that made them, but for luck.",
    "find out how the hidden spikes of the test trials came into the fit",
    ("sds",),
)


def constant_rates(evidence: Evidence, thresholds: Mapping[str, float]) -> Iterator[Problem]:
    """Find that most neurons' rates are one number in all test bins."""
    if evidence.rates_hz is None:
        return
    low, high = _extremes(evidence.rates_hz, evidence.valid)
    constant = high - low <= 1e-6 * np.maximum(high, -low)
    if constant.mean() > thresholds["share"]:
        found = f"{constant.sum()} of {len(constant)} neurons with constant rates"
        yield CONSTANT_RATES.problem("test/rates_hz", found, "rates that change in time")


def _extremes(rates_hz: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the smallest and the largest rate of each neuron in the valid bins."""
    low, high = (np.full(rates_hz.shape[2], end, np.float32) for end in (np.inf, -np.inf))
    for piece in scratch.pieces(rates_hz):
        inside = rates_hz[piece][valid[piece]]
        low = np.minimum(low, inside.min(axis=0, initial=np.inf))
        high = np.maximum(high, inside.max(axis=0, initial=-np.inf))
    return low, high


def spikes(evidence: Evidence, thresholds: Mapping[str, float]) -> Iterator[Problem]:
    """Find that the rates follow the counts of their own neuron bin by bin."""
    if evidence.held_in_hz is None or evidence.spikes is None:
        return
    correlations = _correlations(evidence.held_in_hz, evidence.spikes, evidence.seen)
    if len(correlations) and np.median(correlations) > thresholds["correlation"]:
        found = (
            f"rates with a median correlation of {np.median(correlations):.3f} with their own spike counts"
        )
        yield SPIKES.problem("test/rates_hz", found, f"at most {thresholds['correlation']:g}")


def _correlations(rates: np.ndarray, counts: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Give a correlation over the seen bins for each neuron whose rates and counts vary."""
    found = []
    for neuron in range(counts.shape[2]):
        inside = seen[..., neuron]
        x, y = rates[..., neuron][inside].astype(float), counts[..., neuron][inside].astype(float)
        if x.size and x.std() > 0 and y.std() > 0:
            found.append(np.corrcoef(x, y)[0, 1])
    return np.array(found)


def constant_states(evidence: Evidence, thresholds: Mapping[str, float]) -> Iterator[Problem]:
    """Find splits whose states are the same in every bin."""
    for split, answered in evidence.answer.splits.items():
        recorded = evidence.recording.splits.get(split)
        if answered.states is not None and recorded and _is_constant(answered.states, recorded.valid):
            yield CONSTANT_STATES.problem(f"{split}/states", "constant states", "states that change")


def _is_constant(states: np.ndarray, valid: np.ndarray) -> bool:
    """Tell whether states (trial, time, latent) are one vector in all valid bins."""
    first = states[np.unravel_index(int(np.argmax(valid)), valid.shape)]
    # States that change are seen to in the first trial: no copy of all of them is made.
    return all(bool((trial[inside] == first).all()) for trial, inside in zip(states, valid, strict=True))


def input_states(evidence: Evidence, thresholds: Mapping[str, float]) -> Iterator[Problem]:
    """Find that every dimension of the test states is a linear image of the stimulus at the same time."""
    answered, recording = evidence.answer.splits.get("test"), evidence.recording.splits["test"]
    if answered is None or answered.states is None or not recording.stimulus.shape[2]:
        return
    states = answered.states[evidence.valid].astype(float)
    states -= states.mean(axis=0)
    stimulus = recording.stimulus[evidence.valid].astype(float)
    stimulus -= stimulus.mean(axis=0)
    total = (states**2).sum(axis=0)
    if not total.all():
        return
    left = states - stimulus @ np.linalg.lstsq(stimulus, states, rcond=None)[0]
    r2 = float((1 - (left**2).sum(axis=0) / total).min())
    if r2 > thresholds["r2"]:
        found = f"states of which the stimulus explains {r2:.4f} or more"
        yield INPUT_STATES.problem("test/states", found, f"at most {thresholds['r2']:g} in some dimension")


def test_is_train(evidence: Evidence, thresholds: Mapping[str, float]) -> Iterator[Problem]:
    """Find that the test trials' rates are those of the first trials of another split, number by number."""
    test = evidence.rates_hz
    if test is None or len({trial.tobytes() for trial in test}) < thresholds["distinct_share"] * len(test):
        # Averages over trials or conditions are alike, and may be.
        return
    for split in ("train", "val"):
        other = evidence.answer.splits.get(split)
        if other is None:
            continue
        n = min(len(test), len(other.rates_hz))
        if n > 1 and np.array_equal(test[:n], other.rates_hz[:n]):
            yield TEST_IS_TRAIN.problem("test/rates_hz", f"the rates of {split}", "those of the test trials")


def oracle(evidence: Evidence, thresholds: Mapping[str, float]) -> Iterator[Problem]:
    """Find that the hidden spikes are likelier under the answer than under the truth."""
    hidden, recording = evidence.hidden, evidence.recording
    if evidence.rates_hz is None or hidden is None:
        return
    answered, true = (
        SpikeSums.of(hidden.spikes, rates_hz, hidden.seen, recording.bin_s).log_likelihood
        for rates_hz in (scratch.columns(evidence.rates_hz, recording.held_out), hidden.rates_hz)
    )
    gains = answered - true
    error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else 0.0
    if error > 0 and gains.mean() / error > thresholds["sds"]:
        found = f"hidden spikes likelier than under the true rates by {gains.mean() / error:.1f} s.d."
        yield ORACLE.problem("test/rates_hz", found, f"at most {thresholds['sds']:g} s.d.")


CHECKS = (
    Check(CONSTANT_RATES, constant_rates),
    Check(SPIKES, spikes),
    Check(CONSTANT_STATES, constant_states),
    Check(INPUT_STATES, input_states),
    Check(TEST_IS_TRAIN, test_is_train),
    Check(ORACLE, oracle),
)
