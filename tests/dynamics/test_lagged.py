"""Models read off lagged covariances, where the covariances are exact."""

import numpy as np
import pytest
from scipy.linalg import block_diag, expm

from ctdspec.dynamics.lagged import companion, ho_kalman, lagged_covariances, past_regression, yule_walker
from ctdspec.dynamics.stationary import stationary_covariance, stationary_covariance_of_steps
from ctdspec.errors import UsageError

STEP = np.array([[0.9, 0.3, 0.0], [0.0, 0.7, 0.2], [0.0, -0.2, 0.6]])
COVARIANCE = stationary_covariance_of_steps(STEP, np.diag([0.1, 0.2, 0.3]))


def test_lagged_covariances_are_powers_of_the_step():
    found = lagged_covariances(STEP, COVARIANCE, (0, 3))
    assert found[0] == pytest.approx(COVARIANCE)
    assert found[1] == pytest.approx(STEP @ STEP @ STEP @ COVARIANCE)
    drift = np.array([[-1.0, 2.0], [0.0, -0.5]])
    still = stationary_covariance(drift, np.eye(2))
    assert lagged_covariances(expm(0.1 * drift), still, (5,))[0] == pytest.approx(expm(0.5 * drift) @ still)


def test_an_autoregression_of_what_is_one_finds_it():
    first, second = np.array([[0.5, 0.2], [0.0, 0.3]]), np.array([[0.1, 0.0], [-0.2, 0.2]])
    step = np.block([[first, second], [np.eye(2), np.zeros((2, 2))]])
    # The noise of what is only remembered is 0 up to what a covariance needs to be one.
    covariance = stationary_covariance_of_steps(step, block_diag(np.eye(2), 1e-12 * np.eye(2)))
    seen = lagged_covariances(step, covariance, range(4))[:, :2, :2]
    found = yule_walker(seen, 0.0)
    assert found[0] == pytest.approx(first, abs=1e-8)
    assert found[1] == pytest.approx(second, abs=1e-8)
    assert found[2] == pytest.approx(np.zeros((2, 2)), abs=1e-8)
    assert companion(found[:2]) == pytest.approx(step, abs=1e-8)
    assert np.linalg.norm(yule_walker(seen, 5.0)) < 0.5 * np.linalg.norm(found)


@pytest.mark.parametrize("seen", [np.eye(3), np.array([[1.0, 0.5, 0.2]]), np.eye(3)[:2]])
def test_ho_kalman_finds_hidden_states_whatever_the_noise_of_the_recording(seen):
    covariances = np.stack([seen @ part @ seen.T for part in lagged_covariances(STEP, COVARIANCE, range(9))])
    covariances[0] += 3 * np.eye(len(seen))
    found = ho_kalman(covariances, 3)
    assert np.sort_complex(np.linalg.eigvals(found.step)) == pytest.approx(
        np.sort_complex(np.linalg.eigvals(STEP)), abs=1e-7
    )
    for lag in (1, 4, 8):
        rebuilt = found.emission @ np.linalg.matrix_power(found.step, lag - 1) @ found.controls
        assert rebuilt == pytest.approx(covariances[lag], abs=1e-9)


def test_states_are_regressions_on_the_past():
    covariances = lagged_covariances(STEP, COVARIANCE, range(5))
    found = ho_kalman(covariances, 3)
    regression = past_regression(found, covariances)
    # All states are seen, so that the newest alone predicts: emission · state = step · state now.
    assert found.emission @ regression == pytest.approx(np.hstack([STEP, np.zeros((3, 3))]), abs=1e-8)


def test_more_states_than_there_are_is_refused():
    with pytest.raises(UsageError, match="found 4, but the lagged covariances have rank 3"):
        ho_kalman(lagged_covariances(STEP, COVARIANCE, range(5)), 4)
