import numpy as np
import pytest

from ctdspec.metrics.fixed_points import PointSet, eigenvalue_distance, match_fixed_points
from ctdspec.metrics.linear_map import LinearMap

CORNERS = np.array([[x, y, 0.0] for x in (-1, 1) for y in (-1, 1)])
VISITED = np.concatenate([CORNERS + np.random.default_rng(i).normal(0, 0.1, (4, 3)) for i in range(50)])
IDENTITY = LinearMap(np.eye(3), np.zeros(3), 0.0)


def point_set(points, index=0):
    eigenvalues = np.tile([0.9, 0.5, 0.1], (len(points), 1)).astype(complex)
    eigenvalues[:, :index] = 1.2
    return PointSet(np.asarray(points, float), eigenvalues)


TRUTH = point_set(CORNERS)


def match(found, truth=TRUTH, to_truth=IDENTITY):
    return match_fixed_points(truth, found, to_truth, VISITED, slow_bins=20)


def test_the_truth_in_other_coordinates_is_perfect():
    rng = np.random.default_rng(0)
    mix, offset = rng.standard_normal((3, 3)), rng.standard_normal(3)
    order = rng.permutation(4)
    found = point_set((CORNERS @ mix + offset)[order])
    back = LinearMap(np.linalg.inv(mix), -offset @ np.linalg.inv(mix), 0.0)
    result = match(found, to_truth=back)
    assert (result.precision, result.recall, result.f1, result.stability) == (1, 1, 1, 1)
    assert result.distance == pytest.approx(0, abs=1e-12)
    assert result.eigenvalue_distance == 0
    assert order[result.pairs[:, 1]].tolist() == result.pairs[:, 0].tolist()


def test_missing_points_cost_recall_and_extra_points_precision():
    result = match(point_set([*CORNERS[:3], [0, 0, 0], CORNERS[0] + 0.01]))
    assert (result.precision, result.recall) == (3 / 5, 3 / 4)
    assert result.f1 == pytest.approx(2 / (5 / 3 + 4 / 3))
    assert [0, 0] in result.pairs.tolist()


def test_distance_is_in_units_of_the_spread():
    spread = np.sqrt(VISITED.var(axis=0).sum())
    assert match(point_set(CORNERS + np.array([0.1, 0, 0]))).distance == pytest.approx(0.1 / spread)


def test_one_to_one_takes_the_most_matches_not_the_nearest_first():
    # The nearest found point of the first true one is the only one that the second can have.
    truth, found = point_set([[0, 0, 0], [0.3, 0, 0]]), point_set([[0.1, 0, 0], [-0.2, 0, 0]])
    assert match(found, truth).pairs.tolist() == [[0, 1], [1, 0]]


def test_wrong_stability_is_seen():
    result = match(point_set(CORNERS, index=1))
    assert (result.f1, result.stability) == (1, 0)
    assert result.eigenvalue_distance == pytest.approx(0.3 / 1)


def test_points_far_from_the_visited_states_are_set_aside():
    far = [[50.0, 0, 0]]
    result = match(point_set([*CORNERS, *far]), point_set([*CORNERS, *far, *far]))
    assert (result.precision, result.recall) == (1, 1)
    assert (result.extrapolated_true, result.extrapolated_found) == (2, 1)


def test_nothing_found_is_no_recall_and_no_precision():
    nothing = point_set(np.empty((0, 3)))
    result = match(nothing)
    assert (result.recall, result.f1) == (0, 0)
    assert np.isnan([result.precision, result.distance, result.stability]).all()
    result = match(TRUTH, nothing)
    assert (result.precision, result.f1) == (0, 0)
    assert np.isnan(result.recall)
    assert np.isnan(match(nothing, nothing).f1)


def test_only_persistent_eigenvalues_are_compared_and_lacking_ones_are_zero():
    truth = np.array([0.1, 0.96 + 0.2j, 0.96 - 0.2j])
    assert eigenvalue_distance(truth, np.array([0.96 - 0.2j, 0.7, 0.96 + 0.2j]), 20) == pytest.approx(0)
    assert eigenvalue_distance(truth, np.array([0.96 + 0.2j]), 20) == pytest.approx(abs(0.96 + 0.2j) / 2)
    assert eigenvalue_distance(np.array([0.1, 0.2]), np.array([0.5]), 20) == pytest.approx(0.3)
