import numpy as np
import pytest
from scipy.optimize import least_squares

from ctdspec.dynamics.levenberg_marquardt import levenberg_marquardt


def rosenbrock(x):
    return np.stack([10 * (x[:, 1] - x[:, 0] ** 2), 1 - x[:, 0]], axis=1)


def rosenbrock_slope(x):
    rows = [np.stack([-20 * x[:, 0], np.full(len(x), 10.0)], 1), np.tile([-1.0, 0.0], (len(x), 1))]
    return np.stack(rows, axis=1)


def test_every_start_reaches_the_root():
    starts = np.random.default_rng(0).uniform(-2, 2, (150, 2))
    found = levenberg_marquardt(rosenbrock, rosenbrock_slope, starts, 1e-12, 60)
    assert found.points == pytest.approx(np.ones((150, 2)), abs=1e-10)
    assert found.distances.max() <= 1e-12


def test_without_a_root_it_ends_in_the_minimum_of_scipy():
    # Equations are weighed by their slopes, which are all 1 here.
    def residual(x):
        return np.concatenate([x - 1, x + 2], axis=1)

    found = levenberg_marquardt(
        residual, lambda x: np.ones((len(x), 2, 1)), np.array([[5.0], [-3.0]]), 1e-12, 60
    )
    judge = least_squares(lambda x: residual(x[None])[0], [5.0])
    assert found.points == pytest.approx(np.full((2, 1), judge.x[0]), abs=1e-2)
    assert found.distances == pytest.approx(np.sqrt(2 * judge.cost), rel=1e-3)


def test_units_of_the_equations_do_not_matter():
    units = np.array([1e-6, 1e6])
    starts = np.random.default_rng(1).uniform(-2, 2, (20, 2))
    found = levenberg_marquardt(
        lambda x: units * rosenbrock(x), lambda x: units[:, None] * rosenbrock_slope(x), starts, 1e-8, 60
    )
    assert found.points == pytest.approx(np.ones((20, 2)), abs=1e-6)


def test_a_start_without_a_finite_residual_stays():
    with np.errstate(all="ignore"):
        found = levenberg_marquardt(
            rosenbrock, rosenbrock_slope, np.array([[1e200, 1.0], [0.5, 0.5]]), 1e-12, 60
        )
    assert found.distances[0] == np.inf
    assert found.points[1] == pytest.approx(np.ones(2))


def test_no_starts():
    assert levenberg_marquardt(rosenbrock, rosenbrock_slope, np.empty((0, 2)), 1e-12, 60).points.shape == (
        0,
        2,
    )
