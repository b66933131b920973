"""Whether the dynamics of an answer can be run: asked in a process that may be lost."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.apart import Start, asked, fresh_interpreter
from ctdspec.submissions.dynamics_child import request
from ctdspec.submissions.exchange import READOUT, STEP, AnsweredDynamics
from ctdspec.submissions.expected import Expected, Problem, coded
from ctdspec.submissions.onnx_model import BLOCK_ROWS

WALL_S = 60.0
_MAX_REPORT_BYTES = 1 << 20
_CHILD = "ctdspec.submissions.dynamics_child"


def judged(
    answer: Answer, problems: list[Problem], expected: Expected, start: Start = fresh_interpreter
) -> tuple[Answer, list[Problem]]:
    """Add what is wrong with an answer's dynamics, and leave them out of the answer if anything is.

    They are not looked at while the arrays that they belong to are not fit to be. `start` starts the process
    that runs them.
    """
    dynamics, test = answer.dynamics, answer.splits.get("test")
    if dynamics is None:
        return answer, problems
    found: list[Problem] = []
    if test is None or test.states is None:
        if not problems:
            wanted = "states in every split"
            found.append(coded("SUB-DYN-007", "dynamics", "no states", wanted, "add the states that move"))
    elif not _is_finite(test):
        return replace(answer, dynamics=None), problems
    elif not (found := list(_input_problems(answer, dynamics, test, expected))):
        found = _apart(dynamics, test, expected, start)
    unfit = bool(found) or test is None or test.states is None
    return replace(answer, dynamics=None) if unfit else answer, problems + found


def _is_finite(test: SplitAnswer) -> bool:
    arrays = [array for array in (test.states, test.inputs) if array is not None]
    # The extremes are NaN or infinite if any value is; they need no second array.
    return all(bool(np.isfinite([array.min(), array.max()]).all()) for array in arrays)


def _input_problems(
    answer: Answer, dynamics: AnsweredDynamics, test: SplitAnswer, expected: Expected
) -> list[Problem]:
    """Find that the inputs that the step takes are none that the answer can have."""
    lacks = {
        "none": False,
        "stimulus": not (answer.given_inputs and expected.n_stimulus),
        "inferred": test.inputs is None,
    }[dynamics.inputs]
    if not lacks:
        return []
    wanted = {
        "stimulus": "given_inputs, and a dataset with a stimulus",
        "inferred": "inputs in every split",
    }[dynamics.inputs]
    advice = "say which inputs the step takes; docs/submissions.md lists the kinds"
    return [coded("SUB-DYN-012", "dynamics", f"a step that takes inputs: {dynamics.inputs}", wanted, advice)]


def _apart(dynamics: AnsweredDynamics, test: SplitAnswer, expected: Expected, start: Start) -> list[Problem]:
    """Run the models once in a child that can do little, at some of the answer's own states."""
    assert test.states is not None, "the caller has made sure of states"
    rows = np.linspace(0, test.states[..., 0].size - 1, BLOCK_ROWS).astype(int)
    states = test.states.reshape(-1, test.states.shape[2])[rows]
    inputs = np.zeros((BLOCK_ROWS, {"none": 0, "stimulus": expected.n_stimulus}.get(dynamics.inputs, 0)))
    if dynamics.inputs == "inferred" and test.inputs is not None:
        inputs = test.inputs.reshape(-1, test.inputs.shape[2])[rows]
    models = {STEP: dynamics.step, READOUT: dynamics.readout}
    asks = b"".join(request(models, states, inputs, expected.n_neurons))
    with start(_CHILD, ()) as child, asked(child, asks, WALL_S) as stream:
        try:
            return [Problem(**problem) for problem in json.loads(stream.read(_MAX_REPORT_BYTES))]
        except (ValueError, TypeError):
            # Whatever made the child fall silent was in the models.
            found = f"models that crashed their reader, or need more than {WALL_S:g} s"
            advice = "export smaller models"
            return [coded("SUB-DYN-010", "dynamics", found, "models that run at once", advice)]
