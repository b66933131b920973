"""The student of infinite data, against the theory of Qian et al. (2024) and numbers measured before."""

import numpy as np
import pytest

from ctdspec.dynamics.population_student import population_student
from ctdspec.dynamics.stationary import stationary_covariance


def student(weights, n_observed, ridge=0.0):
    covariance = stationary_covariance(weights - np.eye(len(weights)), np.eye(len(weights)))
    return population_student(weights, covariance, np.arange(n_observed), ridge), covariance


def eigenvalues(matrix):
    return np.sort(np.linalg.eigvals(matrix).real)[::-1]


@pytest.mark.parametrize(("units", "top"), [(25, 0.0), (26, 0.529), (125, 0.866), (500, 0.939)])
def test_a_chain_looks_slow(units, top):
    weights, _ = student(np.eye(units, k=1), 25)
    # A companion matrix: only its last row is free, and its rows but the last are the chain's own.
    assert weights[:-1] == pytest.approx(np.eye(25, k=1)[:-1], abs=1e-9)
    row = np.roots([1, *-weights[-1, ::-1]]) if units > 25 else np.zeros(1)
    assert row.real.max() == pytest.approx(top, abs=1e-3)


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_low_rank_weights_gain_outliers_of_the_closed_form(shipped_system, rank, share):
    gain, means = 50.0, []
    for draw in range(8):
        connectivity = {"kind": "lowrank_null", "rank": rank, "scale": gain * rank**0.5 / 300}
        network = shipped_system("lowrank_null", units=300, connectivity=connectivity, draw=draw)
        values = eigenvalues(student(network.weights.matrix, round(300 * share))[0])
        means.append(values[:rank].mean())
        assert values[rank] < 1e-6
    # Valid up to the fluctuations of subsets, 0.003 for many units and 0.05 at half of them.
    expected = 2 * gain**2 * share * (1 - share) / (4 + gain**2 * share * (2 - share))
    assert np.mean(means) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("name", ["ff_integrator", "lowrank_null", "symmetric", "normal", "line_attractor"])
def test_moments_are_matched_and_slowness_is_variance(shipped_system, name):
    network = shipped_system(name, units=100)
    weights, covariance = student(network.weights.matrix, 10)
    seen, drift = covariance[:10, :10], weights - np.eye(10)
    assert drift @ seen + seen @ drift.T == pytest.approx(-np.eye(10), abs=1e-7)
    values, left = np.linalg.eig(weights.T)
    # The time constant of a mode is twice the variance along its left eigenvector.
    variance = np.einsum("im,ij,jm->m", left.conj(), seen, left).real / np.sum(np.abs(left) ** 2, axis=0)
    assert 1 / (1 - values.real) == pytest.approx(2 * variance, rel=1e-6)
    assert stationary_covariance(drift, np.eye(10)) == pytest.approx(seen, rel=1e-6, abs=1e-8)


def test_a_hidden_feedforward_integrator_looks_like_a_line_attractor(shipped_system):
    # Measured before with other code, at 50 of 100 units over 10 draws: slowest time constants of 50 to 109
    # with a mean of 72, and 1.86 ± 0.33 doublings from the second to the first. The truth is 1, and none.
    teachers = [shipped_system("ff_integrator", units=100, draw=draw).weights.matrix for draw in range(10)]
    taus = np.array([1 / (1 - eigenvalues(student(teacher, 50)[0])[:2]) for teacher in teachers])
    assert np.all((taus[:, 0] > 25) & (taus[:, 0] < 150))
    assert taus[:, 0].mean() == pytest.approx(72, rel=0.2)
    assert np.log2(taus[:, 0] / taus[:, 1]).mean() == pytest.approx(1.86, abs=0.3)


def test_symmetric_weights_are_never_made_slower(shipped_system):
    for draw in range(3):
        weights = shipped_system("symmetric", units=200, draw=draw).weights
        found = eigenvalues(student(weights.matrix, 20)[0])
        assert np.all(found <= weights.eigenvalues.real[:20] + 1e-9)


@pytest.mark.parametrize("name", ["ff_integrator", "lowrank_null", "symmetric", "line_attractor", "normal"])
def test_with_all_units_observed_the_student_is_the_teacher(shipped_system, name):
    teacher = shipped_system(name, units=60).weights.matrix
    found, _ = student(teacher, 60)
    assert np.linalg.norm(found - teacher) < 1e-6 * np.linalg.norm(teacher)


def test_a_ridge_shrinks(shipped_system):
    teacher = shipped_system("symmetric", units=60).weights.matrix
    plain, ridged = (student(teacher, 10, ridge)[0] for ridge in (0.0, 10.0))
    assert np.linalg.norm(ridged) < 0.3 * np.linalg.norm(plain)
