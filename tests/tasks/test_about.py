"""What is said about tasks is what they are."""

import re

import numpy as np
import pytest

from ctdspec.errors import UsageError
from ctdspec.seeds import stream
from ctdspec.spec.problem import SpecError
from ctdspec.tasks.about import N_TRIALS, about
from ctdspec.tasks.shipped import read_task, shipped_task_names, tasks_of


@pytest.fixture(scope="module", params=shipped_task_names())
def task(request):
    try:
        return read_task(request.param)
    except SpecError as missing:
        pytest.skip(str(missing))


def test_channels_and_accuracy_have_their_words(task):
    told = about(task)
    trials = task.sample(2, stream(0, "test"))
    assert len(told.inputs.names) == trials.inputs.shape[2]
    assert len(told.outputs.names) == trials.targets.shape[2]
    for text in (told.summary, told.inputs.meaning, told.outputs.meaning, told.accuracy):
        assert re.match(r"[A-Z0-9].*\.", text, re.DOTALL), text
    assert re.search(r"\d{4}", told.summary + told.text), "the paper is named"
    assert told.ideal_accuracy is None or 0.5 < told.ideal_accuracy <= 1


def test_phases_of_clicks_are_those_of_the_spec():
    told = {phase.name: phase for phase in about(read_task("poisson_clicks")).phases}
    # 0.2 s of fixation, up to 1.2 s of clicks, 0.2 s to decide, of which the second half counts.
    np.testing.assert_allclose((told["fixation"].shortest_s, told["fixation"].longest_s), 0.2)
    assert told["fixation"].scored == 0
    np.testing.assert_allclose(
        (told["stimulus"].shortest_s, told["stimulus"].longest_s), (0.2, 1.2), atol=0.02
    )
    np.testing.assert_allclose(told["decision"].scored, 0.5)
    assert all(phase.share == 1 for phase in told.values())


def test_phases_that_some_trials_lack_say_in_how_many():
    told = {phase.name: phase for phase in about(read_task("multitask")).phases}
    # The five rules of decisions have a second stimulus in a phase of its own.
    np.testing.assert_allclose(told["stimulus_2"].share, 5 / 15, atol=1 / N_TRIALS * 15)
    assert told["response"].share == told["context"].share == 1
    assert about(read_task("flip_flop")).phases == []


def test_tasks_of_a_kind_are_all_found():
    assert set(tasks_of("random_target")) == {"random_target", "centre_out"}
    with pytest.raises(UsageError, match="did you mean 'multitask'"):
        read_task("multitsk")
