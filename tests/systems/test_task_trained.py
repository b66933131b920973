"""The system with its weights: what files it takes, and that the shipped ones do the task."""

import json

import numpy as np
import pytest
from pydantic import ValidationError
from safetensors.numpy import load_file, save_file

from ctdspec.benchmark import load
from ctdspec.dynamics.simulate import simulate
from ctdspec.errors import DatasetError, UsageError
from ctdspec.seeds import stream
from ctdspec.spec.digest import digest
from ctdspec.systems.cells.noisy_gru import NoisyGRU
from ctdspec.systems.task_trained import TaskTrained
from ctdspec.tasks.spontaneous import Spontaneous


@pytest.fixture
def weights(task, make_system):
    return make_system().initial_weights(task, stream(0, "test"))


def test_weights_come_back_as_they_were_saved(task, make_system, weights, tmp_path):
    save_file(weights, tmp_path / "w.safetensors")
    parameters = make_system().dynamics(task, tmp_path / "w.safetensors").parameters()
    assert parameters.keys() == weights.keys()
    for name, array in weights.items():
        np.testing.assert_array_equal(parameters[name], array)


def test_the_network_starts_from_the_learned_state_and_is_read_out_linearly(
    task, make_system, weights, tmp_path
):
    rng = stream(1, "test")
    weights |= {
        name: rng.standard_normal(weights[name].shape, np.float32)
        for name in ("initial_state", "readout.bias")
    }
    save_file(weights, tmp_path / "w.safetensors")
    network = make_system().dynamics(task, tmp_path / "w.safetensors")
    assert (network.n_latents, network.noise_shape) == (12, (12,))
    np.testing.assert_array_equal(network.initial_states(3, rng), np.tile(weights["initial_state"], (3, 1)))
    states = rng.standard_normal((4, 5, 12), np.float32)
    expected = np.einsum("ol,btl->bto", weights["readout.weight"], states) + weights["readout.bias"]
    np.testing.assert_allclose(network.readout(states), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cell.weight_hh": np.zeros((30, 10), np.float32)},
         r"cell.weight_hh: found float32 \(30, 10\), needed float32 \(36, 12\)"),
        ({"readout.bias": np.zeros(1)}, r"readout.bias: found float64 \(1,\), needed float32 \(1,\)"),
        ({"initial_state": np.full(12, np.nan, np.float32)}, "initial_state: has values that are not finite"),
        ({"extra": np.zeros(2, np.float32)}, r"extra: found float32 \(2,\), needed nothing"),
        ({"cell.bias_ih": None}, r"cell.bias_ih: found nothing, needed float32 \(36,\)"),
    ],
)  # fmt: skip
def test_weights_of_another_network_are_refused_by_name(
    task, make_system, weights, tmp_path, change, message
):
    changed = {name: array for name, array in (weights | change).items() if array is not None}
    save_file(changed, tmp_path / "w.safetensors")
    with pytest.raises(DatasetError, match=message) as caught:
        make_system().dynamics(task, tmp_path / "w.safetensors")
    assert "w.safetensors" in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"not safetensors at all", b"\xff" * 64, b"\x10" + b"\0" * 7 + b"{" * 16]
)
def test_a_file_that_is_not_safetensors_is_refused(task, make_system, tmp_path, content):
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(DatasetError, match="cannot be read as a safetensors file"):
        make_system().dynamics(task, tmp_path / "w.safetensors")


def test_a_missing_file_is_refused(task, make_system, tmp_path):
    with pytest.raises(DatasetError, match="cannot be read"):
        make_system().dynamics(task, tmp_path / "none.safetensors")


def test_without_weights_the_user_is_told_to_train(task, make_system):
    with pytest.raises(UsageError, match="ctdspec train"):
        make_system().dynamics(task, None)


def test_unknown_shipped_weights_get_a_hint(make_system):
    fields = make_system().model_dump()
    with pytest.raises(ValidationError, match="no shipped weights '3bf'; did you mean '3bff'"):
        TaskTrained.model_validate(fields | {"weights": "3bf"})
    with pytest.raises(ValidationError, match="pattern"):
        TaskTrained.model_validate(fields | {"weights": "../3bff"})


def test_a_task_that_asks_for_nothing_is_refused(make_system):
    with pytest.raises(ValueError, match="asks for nothing"):
        make_system().ensure_serves(Spontaneous(kind="spontaneous", trial_s=1.0, bin_s=0.01))


def test_the_practice_must_fit_the_task(task, make_system):
    make_system().ensure_serves(task)
    with pytest.raises(ValueError, match=r"bin_s of the task: found 0\.01, needed 0\.02"):
        make_system().ensure_serves(task.model_copy(update={"bin_s": 0.02}))


@pytest.fixture(scope="module")
def benchmark():
    return load("3bff")


def test_the_shipped_network_does_the_task_with_its_noise_as_well_as_who_remembers_signs(benchmark):
    """Attractors remember signs, not doubts: that observer, not the ideal one, is what they can equal."""
    system, task = benchmark.system, benchmark.task
    assert system.cell == NoisyGRU(kind="noisy_gru", units=64, noise_sd=0.01)
    network, rng = system.dynamics(task, system.shipped_weights), stream(5, "test")
    found, signs = [], []
    for trials in (task.sample(100, rng) for _ in range(50)):
        outputs = network.readout(simulate(network, trials.inputs, rng))
        found.append(task.accuracy(outputs, trials))
        signs.append(task.accuracy(_signs(trials.inputs, 0.6), trials))
    # One standard error of the accuracy is 0.0006, and of the difference 0.0004.
    assert np.mean(found) >= 0.99 - 2 * 0.0006
    assert abs(np.mean(found) - np.mean(signs)) < 0.002


def test_no_network_can_do_better_than_an_ideal_observer(benchmark):
    """The bar must stay below what the input noise leaves possible."""
    task = benchmark.task
    trials = task.sample(2000, stream(6, "test"))
    accuracy = task.accuracy(_ideal_observer(task, trials.inputs.astype(float)), trials)
    assert accuracy.mean() == pytest.approx(0.9921, abs=4 * 0.0009)
    assert benchmark.system.training.accept.accuracy < accuracy.mean() + 3 * accuracy.std() / np.sqrt(2000)


def _signs(inputs, threshold):
    """Give the sign of each channel's last input beyond the threshold; 0 before the first."""
    outputs = np.zeros(inputs.shape)
    for t in range(inputs.shape[1]):
        before = outputs[:, t - 1] if t else outputs[:, 0]
        outputs[:, t] = np.where(np.abs(inputs[:, t]) > threshold, np.sign(inputs[:, t]), before)
    return outputs


def _ideal_observer(task, inputs):
    """Give the odds, less one half, that each channel's last pulse was positive: Bayes' rule, bin by bin."""
    p, variance = task.pulse_probability, task.input_noise_sd**2
    up, down = (np.exp((2 * sign * inputs - 1) / (2 * variance)) for sign in (1, -1))
    positive, outputs = np.full(inputs[:, 0].shape, 0.5), np.zeros(inputs.shape)
    for t in range(round(task.quiet_s / task.bin_s), inputs.shape[1]):
        is_up = p * up[:, t] + (1 - 2 * p) * positive
        is_down = p * down[:, t] + (1 - 2 * p) * (1 - positive)
        positive = is_up / (is_up + is_down)
        outputs[:, t] = positive - 0.5
    return outputs


def test_the_shipped_weights_are_those_of_the_shipped_recipe(benchmark):
    folder = benchmark.system.shipped_weights.parent
    report = json.loads((folder / "training.json").read_text())
    assert report["recipe"] == digest(benchmark.system.model_copy(update={"weights": None}))
    assert report["task"] == digest(benchmark.task)
    assert report["accuracy"] >= benchmark.system.training.accept.accuracy
    assert (folder / "weights.safetensors").stat().st_size < 100_000
    assert all(array.dtype == np.float32 for array in load_file(folder / "weights.safetensors").values())
