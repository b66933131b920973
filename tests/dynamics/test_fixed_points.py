"""Fixed points, judged by maps that are solved on paper, published equilibria and scipy."""

import numpy as np
import pytest
from scipy.optimize import root

from ctdspec.benchmark import load
from ctdspec.dynamics.certificate import TrappingBox, certify
from ctdspec.dynamics.fixed_point_search import Search
from ctdspec.dynamics.fixed_points import find_fixed_points
from ctdspec.dynamics.simulate import simulate
from ctdspec.errors import UsageError
from ctdspec.seeds import stream
from ctdspec.systems.flow import Flow
from ctdspec.systems.lorenz import Lorenz

NO_INPUT = np.empty(0)


def cube(n, half=1.0):
    return TrappingBox(np.full(n, -half), np.full(n, half))


def cloud(n, sd=1.0):
    return stream(0, "cloud").normal(0, sd, (200, n))


def test_a_linear_map_has_the_one_point_of_algebra(make_map):
    a = np.array([[0.9, 0.4, 0.0], [-0.4, 0.9, 0.0], [0.0, 0.2, 0.5]])
    b = np.array([1.0, -2.0, 100.0])
    found = find_fixed_points(
        make_map(3, lambda x: x @ a.T + b), NO_INPUT, cloud(3), stream(0, "a"), box=None
    )
    assert found.points == pytest.approx(np.linalg.solve(np.eye(3) - a, b)[None], rel=1e-9)
    assert found.eigenvalues[0] == pytest.approx([0.9 + 0.4j, 0.9 - 0.4j, 0.5])
    assert found.time_constants_s(0.01)[0, -1] == pytest.approx(0.01 / np.log(2))
    assert found.stable.tolist() == [True]
    assert found.closed
    assert found.certificate.verdict == "not applicable"


def double_well(make_map):
    return make_map(2, lambda x: x + 0.1 * np.stack([x[..., 0] - x[..., 0] ** 3, -2 * x[..., 1]], axis=-1))


def test_a_double_well_has_two_stable_points_and_a_saddle(make_map):
    found = find_fixed_points(double_well(make_map), NO_INPUT, cloud(2), stream(0, "a"), box=cube(2, 1.5))
    assert found.points == pytest.approx(np.array([[-1, 0], [1, 0], [0, 0]]), abs=1e-10)
    assert found.index.tolist() == [0, 0, 1]
    assert found.eigenvalues.real == pytest.approx(np.array([[0.8, 0.8], [0.8, 0.8], [1.1, 0.8]]), abs=1e-9)
    assert (found.certificate.verdict, found.certificate.index_sum) == ("complete", 1)
    assert found.q.max() < 1e-20


def test_a_set_that_lacks_the_saddle_is_incomplete(make_map):
    found = find_fixed_points(double_well(make_map), NO_INPUT, cloud(2), stream(0, "a"), box=cube(2, 1.5))
    assert certify(found.jacobians[:2], bounded=True).verdict == "incomplete"
    assert certify(found.jacobians[:2], bounded=False).verdict == "not applicable"
    assert certify(found.jacobians[:0], bounded=True).verdict == "incomplete"
    # What the theorem cannot see: a stable point and the saddle are missing, and the signs still sum to +1.
    assert certify(found.jacobians[:1], bounded=True).verdict == "complete"
    assert certify(np.diag([1.0, 0.5])[None], bounded=True).verdict == "not applicable"


def test_a_hopfield_network_remembers_its_patterns(make_map):
    # Orthogonal patterns: m times a pattern is fixed where m = tanh(gain m) (Hopfield 1984, Amit 1985).
    patterns = np.array([[1, 1, 1, 1, 1, 1, 1, 1], [1, -1, 1, -1, 1, -1, 1, -1]])
    gain = 2.0
    network = make_map(8, lambda x: np.tanh(gain * x @ (patterns.T @ patterns / 8)))
    found = find_fixed_points(network, NO_INPUT, cloud(8, 0.5), stream(0, "a"), box=cube(8))
    m = root(lambda m: m - np.tanh(gain * m), 1.0).x[0]
    expected = m * np.concatenate([patterns, -patterns])
    stable = found.points[found.stable]
    order = np.lexsort(np.sign(stable.T)), np.lexsort(expected.T)
    assert stable[order[0]] == pytest.approx(expected[order[1]], abs=1e-9)
    assert found.certificate.verdict == "complete"
    slope = gain * (1 - m**2)
    assert found.eigenvalues[0, :2].real == pytest.approx([slope, slope], abs=1e-9)


def test_lorenz_has_its_three_equilibria_and_their_published_eigenvalues():
    spec = {
        "kind": "lorenz", "sigma": 10.0, "rho": 28.0, "beta": 8 / 3, "time_unit_s": 1.0,
        "integrator": "rk4", "steps_per_bin": 2, "noise_sd": 0.0, "burn_in_s": 5.0,
    }  # fmt: skip
    dynamics = Flow(Lorenz(**spec), 0.01)
    visited = dynamics.initial_states(200, stream(0, "visited"))
    found = find_fixed_points(dynamics, NO_INPUT, visited, stream(0, "a"), box=None)
    wing = np.sqrt(8 / 3 * 27)
    assert found.points == pytest.approx(
        np.array([[0, 0, 0], [-wing, -wing, 27], [wing, wing, 27]]), abs=1e-8
    )
    assert found.index.tolist() == [1, 2, 2]
    # Sparrow 1982: 11.828, -2.667, -22.828 at the origin; 0.094 ± 10.195i and -13.855 at the wings.
    rates = np.log(found.eigenvalues) / 0.01
    assert rates[0].real == pytest.approx([11.828, -2.667, -22.828], abs=2e-3)
    assert np.sort_complex(rates[1]) == pytest.approx([-13.855, 0.094 - 10.195j, 0.094 + 10.195j], abs=2e-3)


@pytest.fixture(scope="module")
def flip_flop():
    benchmark = load("3bff")
    network = benchmark.system.dynamics(benchmark.task, benchmark.system.shipped_weights)
    trials = benchmark.task.sample(20, stream(0, "task"))
    visited = simulate(network, trials.inputs, stream(0, "noise")).reshape(-1, network.n_latents)
    found = find_fixed_points(network, np.zeros(3), visited, stream(0, "a"), box=cube(64))
    return network, visited, found


def test_the_shipped_flip_flop_has_the_27_points_of_a_cube(flip_flop):
    network, _, found = flip_flop
    assert np.bincount(found.index).tolist() == [8, 12, 6, 1]
    assert found.certificate.verdict == "complete"
    outputs = network.readout(found.points[found.stable])
    assert {tuple(row) for row in np.sign(outputs)} == {
        (a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)
    }


def test_the_edges_of_the_cube_lead_to_corners_that_differ_in_one_bit(flip_flop):
    network, _, found = flip_flop
    edges = set()
    for point, jacobian in zip(found.points[8:20], found.jacobians[8:20], strict=True):
        values, vectors = np.linalg.eig(jacobian)
        direction = vectors[:, np.argmax(np.abs(values))].real
        states = point + 0.05 * np.outer([-1, 1], direction)
        for _ in range(1500):
            states = network.step(states, np.zeros((2, 3)))
        ends = np.sign(network.readout(states)).astype(int)
        assert (ends[0] != ends[1]).sum() == 1
        edges.add(frozenset(tuple(row) for row in ends.tolist()))
    assert len(edges) == 12


def test_scipy_finds_no_point_that_was_missed(flip_flop):
    network, visited, found = flip_flop
    rng = stream(1, "judge")
    first, second = rng.integers(0, 27, (2, 30))
    starts = [*visited[rng.integers(0, len(visited), 10)], *(found.points[first] + found.points[second]) / 2]
    n_roots = 0
    for start in starts:
        solved = root(
            lambda x: (network.step(x[None], np.zeros((1, 3))) - x)[0], start, method="hybr", tol=1e-12
        )
        if np.linalg.norm(solved.fun) < 1e-12 and np.abs(solved.x).max() <= 1:
            n_roots += 1
            assert np.linalg.norm(found.points - solved.x, axis=1).min() < 1e-3
    assert n_roots >= 15


def test_the_draws_do_not_matter(make_map):
    first, again = (
        find_fixed_points(double_well(make_map), NO_INPUT, cloud(2), stream(seed, "b"), box=None)
        for seed in (0, 1)
    )
    assert first.points == pytest.approx(again.points, abs=1e-10)


def test_slow_points_are_listed_apart(make_map):
    # After a saddle-node bifurcation: no fixed point, but a bottleneck at 0 of speed 1e-3 per bin.
    ghost = make_map(1, lambda x: x + 1e-3 + 0.1 * x**2)
    found = find_fixed_points(ghost, NO_INPUT, cloud(1), stream(0, "a"), box=None)
    assert found.points.shape == (0, 1)
    assert found.jacobians.shape == (0, 1, 1)
    assert len(found.slow_points)
    assert found.slow_q.min() == pytest.approx(1e-6 / 2, rel=0.5)


def test_visited_states_must_spread(make_map):
    with pytest.raises(UsageError, match="visited_states"):
        find_fixed_points(double_well(make_map), NO_INPUT, np.ones((5, 2)), stream(0, "a"), box=None)


def test_a_box_that_the_step_leaves_is_refused(make_map):
    with pytest.raises(UsageError, match="trapping box is none"):
        find_fixed_points(make_map(2, lambda x: 1.5 * x), NO_INPUT, cloud(2), stream(0, "a"), box=cube(2))


def test_a_search_that_ran_out_of_rounds_says_so(make_map):
    found = find_fixed_points(
        double_well(make_map), NO_INPUT, cloud(2), stream(0, "a"), box=None, search=Search(rounds=0)
    )
    assert not found.closed
