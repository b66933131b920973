"""States and rates that are not those of the dynamics that come with them."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ctdspec.checks.dynamics import followed, read
from ctdspec.checks.evidence import Evidence
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.exchange import encode

TURN = 0.99 * np.array([[np.cos(0.2), np.sin(0.2)], [-np.sin(0.2), np.cos(0.2)]])
GAIN = np.array([[1.0, 0.5, 0.2], [0.0, 0.4, -0.8]])


def rates(states):
    return (states @ GAIN + 4) ** 2


DYNAMICS = encode(lambda states, inputs: states @ TURN, rates, 2, 0, "none")


@pytest.fixture(scope="module")
def answer():
    states = np.empty((6, 40, 2))
    states[:, 0] = np.random.default_rng(0).standard_normal((6, 2))
    for t in range(1, 40):
        states[:, t] = states[:, t - 1] @ TURN
    split = SplitAnswer(rates(states).astype(np.float32), states.astype(np.float32))
    return Answer("mine", "digest", {"test": split}, dynamics=DYNAMICS)


def codes(answer: Answer) -> set[str]:
    recording: Any = SimpleNamespace(
        splits={"test": SimpleNamespace(valid=np.arange(40) < np.full((6, 1), 30))}
    )
    evidence = Evidence(answer, recording, None)
    found = [*followed(evidence, {"r2": 0.9}), *read(evidence, {"r2": 0.99})]
    return {problem.code for problem in found}


def changed(answer: Answer, **arrays: np.ndarray) -> Answer:
    return replace(answer, splits={"test": replace(answer.splits["test"], **arrays)})


def test_what_belongs_together_is_left_alone(answer):
    assert codes(answer) == set()
    assert codes(replace(answer, dynamics=None)) == set()


def test_states_of_another_model_are_seen(answer):
    states = answer.splits["test"].states
    assert codes(changed(answer, states=states[:, ::-1])) == {"SUB-DYN-013", "SUB-DYN-014"}
    backwards = encode(lambda states, inputs: states @ np.linalg.inv(TURN), rates, 2, 0, "none")
    assert codes(replace(answer, dynamics=backwards)) == {"SUB-DYN-013"}


def test_rates_of_another_readout_are_seen(answer):
    assert codes(changed(answer, rates_hz=answer.splits["test"].rates_hz * 0.5)) == {"SUB-DYN-014"}


def test_a_step_that_explodes_explains_nothing(answer):
    huge = encode(lambda states, inputs: states * 1e300 * 1e300, rates, 2, 0, "none")
    assert "SUB-DYN-013" in codes(replace(answer, dynamics=huge))
