import numpy as np
import pytest

from ctdspec.dynamics.slow_manifold import find_slow_manifold

NO_INPUT = np.empty(0)


def ring(drift):
    def step(states):
        x, y = states[..., 0], states[..., 1]
        radius = np.sqrt(x**2 + y**2)
        pull = 1 + 0.2 * (1 - radius)
        return np.stack([pull * x - drift * y, pull * y + drift * x, 0.5 * states[..., 2]], axis=-1)

    return step


@pytest.mark.parametrize("drift", [0.0, 1e-4])
def test_a_ring_attractor_is_a_line_that_drifts_as_it_was_told(make_map, drift):
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    noise = np.random.default_rng(0).normal(0, 0.1, (40, 3))
    visited = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1) + noise
    found = find_slow_manifold(make_map(3, ring(drift)), NO_INPUT, visited, persistence_bins=100)
    assert len(found.states) == 40
    assert np.linalg.norm(found.states, axis=1) == pytest.approx(np.ones(40), abs=1e-4)
    assert found.dimension == 1
    assert found.drifts == pytest.approx(np.full(40, drift), rel=1e-3, abs=1e-9)
    assert found.relative_drift == pytest.approx(100 * drift, rel=0.05, abs=1e-6)


def test_a_leaky_line_attractor_is_not_drawn_to_its_end(make_map):
    leaky = np.array([[0.999, 0.3], [0.0, 0.4]])
    visited = np.random.default_rng(0).normal(0, 1, (30, 2))
    found = find_slow_manifold(make_map(2, lambda x: x @ leaky.T), NO_INPUT, visited, persistence_bins=100)
    assert found.states[:, 1] == pytest.approx(np.zeros(30), abs=1e-8)
    assert found.states[:, 0].std() > 0.5
    assert found.drifts == pytest.approx(0.001 * np.abs(found.states[:, 0]))
    assert found.dimension == 1


def test_point_attractors_have_no_slow_manifold(make_map):
    visited = np.random.default_rng(0).normal(0, 1, (30, 2))
    found = find_slow_manifold(make_map(2, lambda x: 0.5 * x), NO_INPUT, visited, persistence_bins=100)
    assert found.dimension == 0
    assert found.states == pytest.approx(np.zeros((30, 2)), abs=1e-8)
