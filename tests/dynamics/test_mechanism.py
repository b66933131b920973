"""What modes tell, on modes that are known."""

import numpy as np
import pytest

from ctdspec.dynamics.limit_sets import limit_sets
from ctdspec.dynamics.mechanism import (
    attractor_class,
    line_attractor_score,
    non_normality,
    rates_of_steps,
    retained,
    singular_overlap,
    slowest_time_s,
    time_constants_s,
)


def test_rates_of_a_step_are_those_of_its_flow():
    rates = np.array([-0.5, -2 + 3j, -2 - 3j, 0.1])
    found = rates_of_steps(np.exp(rates * 0.01), 0.01)
    assert found == pytest.approx(rates[[3, 0, 1, 2]])
    assert time_constants_s(found) == pytest.approx([-10, 2, 0.5, 0.5])
    assert slowest_time_s(found) == pytest.approx(2)
    assert np.isnan(slowest_time_s(np.array([1.0])))


@pytest.mark.parametrize(
    ("rates", "kind", "dimension", "score"),
    [
        ([-0.01, -1, -1, -1], "line", 1, np.log2(100)),
        ([-0.01, -0.011, -1, -1], "plane", 2, np.log2(1.1)),
        ([-0.01, -0.02 + 1j, -0.02 - 1j, -1], "plane", 3, 1.0),
        ([-0.01 + 1j, -0.01 - 1j, -1], "rotation", 2, np.nan),
        ([-1, -1, -1], "none", 0, 0.0),
        ([-0.005, -0.1, -0.11], "line", 1, np.log2(20)),
        ([-0.1, -0.1, -0.1], "plane", 3, 0.0),
        ([-0.01, -0.012, -0.015, -0.02, -0.03, -0.05, -0.09, -0.15, -0.22], "none", 0, np.log2(1.2)),
        ([0.01, -1, -1], "unstable", 0, np.nan),
        ([0.01 + 1j, 0.01 - 1j, -1], "unstable", 0, np.nan),
    ],
)
def test_each_kind_of_memory_has_its_name(rates, kind, dimension, score):
    found = attractor_class(np.array(rates), slow_s=5.0)
    assert (found.kind, found.dimension) == (kind, dimension)
    assert found.growing == sum(np.real(rate) > 0 for rate in rates)
    assert line_attractor_score(np.array(rates)) == pytest.approx(score, nan_ok=True)


def test_non_normality_is_known_for_shears_and_for_what_turns():
    assert non_normality(np.array([[0.0, 5.0], [0.0, 0.0]])) == pytest.approx(1)
    assert non_normality(np.array([[0.0, 1.0], [-1.0, 0.0]])) == pytest.approx(0, abs=1e-7)
    # |A|² = 1 + 1 + 4, of which the eigenvalues hold 2.
    assert non_normality(np.array([[1.0, 2.0], [0.0, 1.0]])) == pytest.approx(np.sqrt(4 / 6))
    assert non_normality(np.eye(60, k=1)) == pytest.approx(1, abs=1e-3)


def test_singular_vectors_and_what_is_retained():
    left, right = np.array([[0.6, 0.8]]), np.array([[1.0, 0.0]])
    assert singular_overlap(left.T @ right, 7 * left.T @ right) == pytest.approx(1)
    assert singular_overlap(left.T @ right, right.T @ right) == pytest.approx(0.8)
    assert retained(np.diag([0.5, 0.0]), 3) == pytest.approx(0.125 / np.sqrt(2))
    # A shear keeps more than it is given: n along the way.
    assert retained(np.array([[1.0, 1.0], [0.0, 1.0]]), 10) == pytest.approx(np.sqrt(102 / 2))


@pytest.mark.parametrize(
    ("kind", "cycling", "away"), [("cycle", True, True), ("well", False, True), ("sink", False, False)]
)
def test_limit_sets_are_told_apart(kind, cycling, away):
    found = limit_sets(*PLANE[kind], n_bins=3000, small=0.01)
    assert set(found.cycling) == {cycling}
    assert set(found.away) == {away}
    assert not found.lost.any()
    if kind != "sink":
        assert found.amplitude == pytest.approx(1, abs=0.02)


def test_slow_turns_that_die_down_are_no_cycles_and_growth_is_lost():
    starts, rest, nothing = np.ones((3, 2)), np.zeros(2), np.zeros(0)
    slow = 0.9995 * np.array([[np.cos(0.1), -np.sin(0.1)], [np.sin(0.1), np.cos(0.1)]])
    assert not limit_sets(Plane(lambda x: x @ slow), starts, rest, nothing, 3000, 0.01).cycling.any()
    found = limit_sets(Plane(lambda x: 2.0 * x), starts, rest, nothing, 3000, 0.01)
    assert found.lost.all()
    assert found.away.all()


class Plane:
    """A step of the plane: what the search for limit sets needs of dynamics."""

    def __init__(self, move):
        self.move = move

    def step(self, states, inputs, noise=None):
        return self.move(states)


def turning(states):
    """A normal form of Hopf: a cycle of radius 1 and period 2π, in steps of 0.02."""
    radius = np.sum(states**2, axis=1, keepdims=True)
    return states + 0.02 * ((1 - radius) * states + states @ np.array([[0.0, 1.0], [-1.0, 0.0]]))


STARTS = np.array([[0.3, 0.1], [-2.0, 1.0], [0.5, -0.7]])
PLANE = {
    "cycle": (Plane(turning), STARTS, np.zeros(2), np.zeros(0)),
    "well": (
        Plane(lambda x: x + 0.02 * np.stack([x[:, 0] - x[:, 0] ** 3, -x[:, 1]], 1)),
        STARTS,
        np.zeros(2),
        np.zeros(0),
    ),
    "sink": (Plane(lambda x: 0.98 * x), STARTS, np.zeros(2), np.zeros(0)),
}
