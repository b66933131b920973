"""Whether the dynamics of an answer can be run, and are those of its states.

`ctdspec.submissions` answers the first while it reads, in a process that may be lost; see
`ctdspec.submissions.onnx_model` for what a model may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ctdspec.checks.evidence import Evidence
from ctdspec.checks.question import Check, Question
from ctdspec.submissions.expected import Problem
from ctdspec.submissions.runnable import RunnableDynamics

MAX_TRIALS = 20
"""Test trials in which the states are compared with the steps."""
_EXPORT = "export plain arithmetic, as docs/submissions.md shows"
_TAKES = "a model takes states (row, latent), and inputs (row, input) if it has any, and gives one array"

QUESTIONS = (
    Question(
        "SUB-DYN-001",
        "Is each model of the dynamics small?",
        "A model is read whole, whatever its size.",
        "store at most 32 MiB and 4096 nodes per model, as bytes in a row",
    ),
    Question("SUB-DYN-002", "Are these bytes an ONNX model?", "Nothing else is read.", _EXPORT),
    Question(
        "SUB-DYN-003",
        "Is it written with the operators of ONNX itself, of a version that is known?",
        "Operators of other domains are code that is not in the file.",
        "export for an opset from 13 to 24, without operators of other domains",
    ),
    Question(
        "SUB-DYN-004",
        "Is it one graph of plain arithmetic?",
        "Loops, branches and functions can run for ever; a step needs none.",
        "unroll loops with a fixed number of turns; docs/submissions.md lists the operators",
    ),
    Question(
        "SUB-DYN-005",
        "Are all weights in the model itself, dense, and of the size that their shape says?",
        "Weights in other files lead to any file of the machine that reads them.",
        "save the model as one file, without external data",
    ),
    Question(
        "SUB-DYN-006",
        "Do shapes and indices follow from constants?",
        "A shape that is computed from a state asks for any amount of memory, at some state.",
        "export with fixed sizes; only the number of rows may be left open",
    ),
    Question(
        "SUB-DYN-007",
        "Are step, readout, inputs and states there?",
        "Without one of them the dynamics say nothing.",
        _TAKES,
    ),
    Question(
        "SUB-DYN-008",
        "Do the models run on 256 rows, and give what they should?",
        "A step gives states of the same width, a readout the rates of all neurons.",
        _TAKES,
    ),
    Question(
        "SUB-DYN-009",
        "Are steps and rates finite at the answer's own states?",
        "There, at least, the method knows what it says.",
        "look at the model at these states",
    ),
    Question(
        "SUB-DYN-010",
        "Does a run need bounded time and memory?",
        "Scoring runs a step some hundred thousand times.",
        "export a smaller model, or one with fewer steps within a bin",
    ),
    Question(
        "SUB-DYN-011",
        "Does each row follow from its own state alone?",
        "Batch normalisation and the like make a step depend on which states are asked for together.",
        "export the model in evaluation mode",
    ),
    Question(
        "SUB-DYN-012",
        "Has the answer the inputs that its step takes?",
        "The stimulus is there if the method was given it, inferred inputs if they are in the answer.",
        "set the attribute inputs of the group to none, stimulus or inferred, as it is",
    ),
)
FOLLOWED = Question(
    "SUB-DYN-013",
    "Do the states follow the dynamics?",
    "Dynamics that are not those of the states say nothing about how the answer came to be.",
    "the state of bin t is the step from the state of bin t - 1 under the input of bin t",
    ("r2",),
)
READ = Question(
    "SUB-DYN-014",
    "Are the rates those that the readout gives?",
    "Otherwise states and rates are two answers, of which the dynamics are of one.",
    "give the readout that makes rates_hz from the states, in Hz, all neurons in the order of their ids",
    ("r2",),
)


def followed(evidence: Evidence, thresholds: Mapping[str, float]) -> Iterator[Problem]:
    """Find that one step from a state is no better guess of the next than the states' mean."""
    if (brought := _brought(evidence)) is None:
        return
    dynamics, states, inputs, valid = brought
    pairs = valid[:, :-1] & valid[:, 1:]
    before, drive, after = states[:, :-1][pairs], inputs[:, 1:][pairs], states[:, 1:][pairs]
    if (r2 := _r2(after, dynamics.step(before, drive))) < thresholds["r2"]:
        found = f"steps that explain {r2:.3g} of the next states' variance"
        yield FOLLOWED.problem("dynamics/step", found, f"at least {thresholds['r2']:g}")


def read(evidence: Evidence, thresholds: Mapping[str, float]) -> Iterator[Problem]:
    """Find that the readout of the states is not the rates."""
    if (brought := _brought(evidence)) is None or evidence.rates_hz is None:
        return
    dynamics, states, _, valid = brought
    rates_hz = evidence.rates_hz[:MAX_TRIALS][valid]
    if (r2 := _r2(rates_hz, dynamics.readout(states[valid]))) < thresholds["r2"]:
        found = f"a readout that explains {r2:.3g} of the rates' variance"
        yield READ.problem("dynamics/readout", found, f"at least {thresholds['r2']:g}")


def _brought(evidence: Evidence) -> tuple[RunnableDynamics, np.ndarray, np.ndarray, np.ndarray] | None:
    """Give the dynamics, states and inputs of some test trials, and their valid bins; None without them."""
    answered, test = evidence.answer.dynamics, evidence.answer.splits.get("test")
    if answered is None or test is None or test.states is None:
        return None
    some = slice(MAX_TRIALS)
    states, valid = test.states[some].astype(float), evidence.valid[some]
    inputs = np.zeros((*valid.shape, 0))
    if answered.inputs == "stimulus":
        inputs = evidence.recording.splits["test"].stimulus[some]
    elif answered.inputs == "inferred" and test.inputs is not None:
        inputs = test.inputs[some]
    return RunnableDynamics(answered, states.shape[2]), states, inputs, valid


def _r2(true: np.ndarray, predicted: np.ndarray) -> float:
    """Give the share of the variance (row, column) that is explained; 1 if there is none to explain."""
    total = np.sum((true - true.mean(axis=0, dtype=float)) ** 2)
    with np.errstate(over="ignore", invalid="ignore"):
        left = np.sum((true - predicted) ** 2)
    if not np.isfinite(left):
        return -np.inf
    return float(1 - left / total) if total > 0 else 1.0


CHECKS = (Check(FOLLOWED, followed), Check(READ, read))
