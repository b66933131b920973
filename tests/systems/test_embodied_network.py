from importlib.util import find_spec

import numpy as np
import pytest

from ctdspec.arm.arm import N_BODY
from ctdspec.benchmark import load
from ctdspec.dynamics.fixed_point_search import Search
from ctdspec.dynamics.fixed_points import find_fixed_points
from ctdspec.dynamics.jacobian import central_difference_jacobian, complex_step_jacobian, is_analytic
from ctdspec.dynamics.simulate import simulate
from ctdspec.resources import shipped

BENCHMARK = load("random_target")
TASK, SYSTEM = BENCHMARK.task, BENCHMARK.system
UNITS = SYSTEM.cell.units


@pytest.fixture(scope="module")
def network():
    return SYSTEM.dynamics(TASK, SYSTEM.shipped_weights)


@pytest.fixture(scope="module")
def answered(network):
    rng = np.random.default_rng(7)
    trials = TASK.sample(400, rng)
    return trials, simulate(network, trials.inputs, rng, trials.start)


def test_the_shipped_network_reaches(network, answered):
    trials, latents = answered
    errors_m = TASK.end_errors_m(network.readout(latents), trials)
    went = trials.condition == 0
    # 400 trials: the median has a standard error of 0.2 mm; it is 3.9 mm over 4000 trials.
    assert np.median(errors_m[went]) < 0.005
    assert np.mean(errors_m[went] < 0.01) > 0.9
    assert np.mean(errors_m[~went] < 0.03) > 0.8


def test_the_hand_waits_for_the_cue(network, answered):
    trials, latents = answered
    before = trials.epochs["delay"].bins(TASK.n_bins) & (trials.condition == 0)[:, None]
    away_m = np.linalg.norm(network.readout(latents) - trials.start[:, None], axis=2)
    distance_m = np.linalg.norm(trials.targets[:, -1] - trials.start, axis=1)
    assert np.median(away_m[before]) < 0.01
    assert np.median(distance_m[trials.condition == 0]) > 0.1


def test_outputs_are_the_hand_of_the_body_in_the_state(network, answered):
    _, latents = answered
    measured = network.measure(latents)
    np.testing.assert_array_equal(network.readout(latents), measured["hand_position"])
    velocity = np.diff(measured["hand_position"], axis=1) / TASK.bin_s
    middle = 0.5 * (measured["hand_velocity"][:, 1:] + measured["hand_velocity"][:, :-1])
    assert np.corrcoef(velocity.ravel(), middle.ravel())[0, 1] > 0.999
    for name, what in network.measurements.items():
        assert measured[name].shape == (*latents.shape[:2], len(what.columns))
    assert measured["muscle_activations"].min() >= 0
    assert measured["muscle_activations"].max() <= 1


def test_a_target_has_one_stable_posture_with_the_hand_there(network, answered):
    _, latents = answered
    target = np.array([-0.12, 0.43])
    found = find_fixed_points(
        network,
        np.array([*target, 1, 1, 0, 0]),
        latents[:50].reshape(-1, latents.shape[2]).astype(float),
        np.random.default_rng(0),
        box=None,
        search=Search(visited_starts=6, rounds=1),
    )
    assert len(found.points) == 1
    radius = np.abs(np.linalg.eigvals(found.jacobians[0])).max()
    assert 0.8 < radius < 1
    # Over eight random targets the hand rests 1 to 5 mm away.
    assert np.linalg.norm(network.readout(found.points[0]) - target) < 0.006
    np.testing.assert_allclose(network.measure(found.points)["hand_velocity"], 0, atol=1e-9)


def test_derivatives_are_exact_though_curves_have_pieces(network, answered):
    _, latents = answered
    states, inputs = latents[:3, 60].astype(float), np.array([0.0, 0.42, 1, 1, 0, 0])
    assert is_analytic(network, states, inputs, 1.0)
    exact = complex_step_jacobian(network, states, inputs)
    np.testing.assert_allclose(
        central_difference_jacobian(network, states, inputs, 1.0), exact, atol=2e-5 * np.abs(exact).max()
    )
    # A delay line only hands on: the second felt signals become the first.
    line = exact[:, UNITS + N_BODY : UNITS + N_BODY + 12]
    expected = np.zeros_like(line)
    expected[:, np.arange(12), UNITS + N_BODY + 12 + np.arange(12)] = 1
    np.testing.assert_array_equal(line, expected)


@pytest.mark.skipif(find_spec("torch") is None, reason="gradients need PyTorch")
def test_pytorch_steps_the_same_way(network, answered):
    import torch

    _, latents = answered
    rng = np.random.default_rng(0)
    states, inputs = latents[:5, 60].astype(float), rng.uniform(0, 1, (5, 6))
    noise = rng.standard_normal((5, *network.noise_shape))
    weights = {name: torch.tensor(array, dtype=torch.float64) for name, array in network.weights.items()}
    theirs = SYSTEM.network(TASK, weights).step(*map(torch.tensor, (states, inputs, noise)))
    np.testing.assert_allclose(theirs.numpy(), network.step(states, inputs, noise), atol=1e-10)


def test_a_body_that_nobody_put_anywhere_is_nowhere(network):
    first = network.initial_states(3, np.random.default_rng(0))
    assert np.isnan(first[:, UNITS:]).all()
    placed = network.placed(first, np.array([[0.0, 0.4]] * 3, np.float32))
    assert placed.dtype == first.dtype
    assert placed.shape == first.shape
    assert np.isfinite(placed).all()


def test_it_does_centre_out_which_it_never_practised(network, tmp_path):
    spec = tmp_path / "centre_out.yaml"
    text = (shipped("specs") / "benchmarks/random_target.yaml").read_text()
    spec.write_text(text.replace("tasks/random_target", "tasks/centre_out"))
    task = load(spec).task
    rng = np.random.default_rng(0)
    trials = task.sample(200, rng)
    outputs = network.readout(simulate(network, trials.inputs, rng, trials.start))
    # 160 reaches; the share within 1 cm is 0.98.
    assert np.mean(task.accuracy(outputs, trials)[trials.condition < 8]) > 0.9
