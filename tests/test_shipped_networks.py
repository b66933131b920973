"""Shipped networks do their tasks, by steps written out here and by ideal observers of the same trials."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from ctdspec.benchmark import load
from ctdspec.resources import shipped
from ctdspec.seeds import stream


def sigmoid(values):
    return 0.5 * (1 + np.tanh(values / 2))


def gru(weights, cell, state, given):
    """Cho et al. (2014), the reset gate after the product; gates in the order reset, update, candidate."""
    drive = given @ weights["cell.weight_ih"].T + weights["cell.bias_ih"]
    recurrent = state @ weights["cell.weight_hh"].T + weights["cell.bias_hh"]
    (ir, iz, ic), (hr, hz, hc) = np.split(drive, 3, axis=1), np.split(recurrent, 3, axis=1)
    keep = sigmoid(iz + hz)
    return keep * state + (1 - keep) * np.tanh(ic + sigmoid(ir + hr) * hc)


def ode(weights, cell, state, given):
    """Euler's method on a perceptron of one hidden layer."""
    assert (cell.integrator, cell.hidden_layers) == ("euler", 1)
    for _ in range(cell.steps_per_bin):
        drive = state @ weights["cell.weight_xh"].T + given @ weights["cell.weight_uh"].T
        slope = np.tanh(drive + weights["cell.bias_h"]) @ weights["cell.weight_out"].T
        state = state + cell.bin_time / cell.steps_per_bin * (slope + weights["cell.bias_out"])
    return state


STEPS = {"noisy_gru": gru, "neural_ode": ode}


def answers(name, n_trials):
    """Give the trials of a shipped benchmark and its network's outputs (trial, time, output), noise on."""
    benchmark, rng = load(name), stream(0, f"test/{name}")
    cell = benchmark.system.cell
    stored = load_file(shipped("datasets") / name / "weights.safetensors")
    weights = {key: array.astype(float) for key, array in stored.items()}
    trials = benchmark.task.sample(n_trials, rng)
    state = np.tile(weights["initial_state"], (n_trials, 1))
    outputs = np.empty(trials.targets.shape)
    for t in range(outputs.shape[1]):
        state = STEPS[cell.kind](weights, cell, state, trials.inputs[:, t])
        state = state + cell.noise_sd * rng.standard_normal(state.shape)
        outputs[:, t] = state @ weights["readout.weight"].T + weights["readout.bias"]
    return trials, outputs


def choices(trials, outputs):
    """Give the sign of the mean output where it counts, (trial,)."""
    return np.array([np.sign(o[s].mean()) for o, s in zip(outputs, trials.scored, strict=True)])


def test_the_clicks_network_is_within_two_percent_of_an_observer_who_counts():
    trials, outputs = answers("clicks", 4000)
    counts = trials.stimulus[..., 2].sum(axis=1) - trials.stimulus[..., 1].sum(axis=1)
    correct = np.nanmax(trials.targets, axis=(1, 2))
    observer = (np.sign(counts) == correct).mean() + (counts == 0).mean() / 2
    assert observer == pytest.approx(0.9019, abs=0.015)  # the closed form; three standard errors
    # Paired: the two differ in some 5 % of trials, so the standard error is 0.4 %; found 0.4 % below.
    assert (choices(trials, outputs) == correct).mean() >= 0.98 * observer


def test_the_context_network_is_within_two_percent_of_an_observer_who_sums_what_counts():
    trials, outputs = answers("context_integration", 4000)
    showing = trials.epochs["stimulus"].bins(trials.inputs.shape[1])
    sums = (trials.inputs[..., 1:3] * showing[..., None]).sum(axis=1)
    counts = trials.inputs[:, 0, 3:5].astype(bool)
    correct = np.nanmax(trials.targets, axis=(1, 2))
    observer = (np.sign(sums[counts]) == correct).mean()
    assert observer == pytest.approx(0.8640, abs=0.017)  # the closed form; three standard errors
    assert (choices(trials, outputs) == correct).mean() >= 0.98 * observer


def test_the_ode_remembers_three_bits():
    trials, outputs = answers("3bff_node", 200)
    memory, since = np.zeros((200, 3)), np.full((200, 3), 99)
    right, counted = 0, 0
    for t in range(500):
        pulse = trials.stimulus[:, t]
        since = np.where((pulse != 0) & (pulse != memory), 0, since + 1)
        memory = np.where(pulse != 0, pulse, memory)
        counts = (memory != 0) & (since >= 4)
        wrong = (counts & (np.sign(outputs[:, t]) != memory)).any(axis=1)
        right += (counts.any(axis=1) & ~wrong).sum()
        counted += counts.any(axis=1).sum()
    # The bar is 0.987; the standard error over 200 trials is 0.003.
    assert right / counted >= 0.987 - 4 * 0.003
