import numpy as np
import pytest

from ctdspec.dynamics.stability import eigenvalues_by_modulus, time_constants_bins, unstable_directions


def test_eigenvalues_come_largest_first_and_are_counted():
    values = eigenvalues_by_modulus(np.stack([np.diag([0.2, -1.5, 1.1]), np.diag([0.3, 0.1, -0.2])]))
    assert values.tolist() == [[-1.5, 1.1, 0.2], [0.3, -0.2, 0.1]]
    assert unstable_directions(values).tolist() == [2, 0]


def test_time_constants_are_those_of_exponential_decay():
    values = np.array([np.exp(-1 / 20), -np.exp(-1 / 5), 1.0, 0.0, np.e])
    assert time_constants_bins(values) == pytest.approx([20, 5, np.inf, 0, -1])
