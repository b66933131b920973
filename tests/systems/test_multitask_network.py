"""The shipped network of the fifteen tasks, judged by a subject who knows the rules."""

import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from ctdspec.benchmark import load
from ctdspec.resources import shipped
from ctdspec.seeds import stream

sys.path.append(str(Path(__file__).parents[1] / "tasks"))
from multitask_subject import RULES, answer_of

N_TRIALS, SETTLE, REACTION = 6000, 5, 5


def outputs_of(inputs):
    """Run the network by the equations of Cho et al. (2014), noise included."""
    weights = load_file(shipped("datasets") / "multitask/weights.safetensors")
    rng = np.random.default_rng(1)
    states = np.repeat(weights["initial_state"][None], len(inputs), axis=0)
    outputs = np.empty((*inputs.shape[:2], 3))
    for t in range(inputs.shape[1]):
        given = inputs[:, t] @ weights["cell.weight_ih"].T + weights["cell.bias_ih"]
        held = states @ weights["cell.weight_hh"].T + weights["cell.bias_hh"]
        (reset_in, update_in, new_in), (reset, update, new) = (np.split(a, 3, axis=1) for a in (given, held))
        z = 1 / (1 + np.exp(-update_in - update))
        candidate = np.tanh(new_in + new / (1 + np.exp(-reset_in - reset)))
        states = (1 - z) * candidate + z * states + 0.01 * rng.standard_normal(states.shape)
        outputs[:, t] = states @ weights["readout.weight"].T + weights["readout.bias"]
    return outputs


def is_right(outputs, stimulus):
    """Judge one trial, (time, output), in the words of Yang et al. (2019), by what was shown alone."""
    answer, go = answer_of(stimulus)
    time = np.arange(len(stimulus))
    counts = (time >= SETTLE) & ((time < go) | (time >= go + REACTION))
    if (outputs[counts & (answer[:, 0] == 1), 0] <= 0.5).any():
        return False
    fixation, *response = outputs[counts & (time >= go)].mean(axis=0)
    if answer[-1, 0] == 1:
        return np.hypot(*response) < 0.5
    error = np.arctan2(*response[::-1]) - np.arctan2(*answer[-1, :0:-1])
    return fixation < 0.5 and abs((np.rad2deg(error) + 180) % 360 - 180) < 36


@pytest.mark.slow
def test_it_is_right_in_nine_of_ten_trials_of_every_task_and_in_nineteen_of_twenty_of_all():
    task = load("multitask").task
    trials = task.sample(N_TRIALS, stream(7, "test"))
    outputs = outputs_of(trials.inputs)
    right = np.array(
        [is_right(outputs[i, valid], trials.stimulus[i, valid]) for i, valid in enumerate(trials.valid)]
    )
    # 400 trials each: a share of 0.95 has a standard error of 0.011.
    by_rule = {rule: right[trials.condition == index].mean() for index, rule in enumerate(RULES)}
    assert min(by_rule.values()) >= 0.9, by_rule
    assert right.mean() >= 0.95
