import numpy as np
import pytest
from scipy.linalg import expm
from scipy.optimize import minimize

from ctdspec.metrics.orthogonal_alignment import angular_distance


def distance(first, second, n_starts=8):
    return angular_distance(first, second, n_starts, np.random.default_rng(0))


def matrices(n, seed=0):
    return np.random.default_rng(seed).standard_normal((2, n, n))


def rotation(n, seed=1):
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((n, n)))[0]


@pytest.mark.parametrize("n", [1, 2, 3, 20])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_rotated_and_scaled_copy_is_no_distance_away(n, seed):
    matrix, turn = matrices(n, seed)[0], rotation(n, seed)
    assert distance(matrix, 3 * turn @ matrix @ turn.T, n_starts=2) < 1e-9


def test_two_dimensions_agree_with_a_search_over_all_angles():
    first, second = matrices(2)
    angles = np.linspace(0, 2 * np.pi, 200_001)
    turns = np.array([[np.cos(angles), -np.sin(angles)], [np.sin(angles), np.cos(angles)]]).transpose(2, 0, 1)
    turns = np.concatenate([turns, turns * [1, -1]])
    cosines = np.einsum("ij,aik,kl,ajl->a", first, turns, second, turns)
    best = np.arccos(cosines.max() / np.linalg.norm(first) / np.linalg.norm(second))
    assert distance(first, second) == pytest.approx(best, abs=1e-6)


def test_symmetric_matrices_have_the_angle_of_their_sorted_eigenvalues():
    first, second = (matrix + matrix.T for matrix in matrices(12))
    values, others = np.linalg.eigvalsh(first), np.linalg.eigvalsh(second)
    exact = np.arccos(values @ others / np.linalg.norm(values) / np.linalg.norm(others))  # von Neumann (1937)
    assert distance(first, second) == pytest.approx(exact, abs=1e-6)


def test_no_other_optimiser_finds_a_smaller_angle():
    first, second = matrices(5, seed=3)
    upper = np.triu_indices(5, 1)

    def cosine(parameters, flip):
        skew = np.zeros((5, 5))
        skew[upper] = parameters
        turn = expm(skew - skew.T) @ np.diag([flip, 1, 1, 1, 1])
        return -np.sum(first * (turn @ second @ turn.T)) / np.linalg.norm(first) / np.linalg.norm(second)

    rng = np.random.default_rng(0)
    # O(5) needs one determinant only, because C and -C do the same; both are searched all the same.
    found = [minimize(cosine, rng.uniform(-3, 3, 10), flip).fun for flip in (1, -1) for _ in range(8)]
    assert distance(first, second, n_starts=16) == pytest.approx(np.arccos(-min(found)), abs=1e-5)


def test_it_is_symmetric_and_opposites_of_positive_matrices_are_far():
    first, second = matrices(8)
    assert distance(first, second, 64) == pytest.approx(distance(second, first, 64), abs=1e-6)
    assert distance(np.eye(3), -np.eye(3)) == pytest.approx(np.pi)


def test_a_zero_matrix_has_no_angle():
    assert np.isnan(distance(np.zeros((3, 3)), np.eye(3)))
