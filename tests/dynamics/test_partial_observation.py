"""The results of Qian et al. (2024), figure by figure, in infinite data: each for ten teachers."""

import numpy as np
import pytest

from ctdspec.dynamics.mechanism import attractor_class, line_attractor_score, slowest_time_s
from ctdspec.dynamics.population_student import population_student
from ctdspec.dynamics.stationary import stationary_covariance

DRAWS = range(10)


def student_rates(network, observed):
    weights = network.weights.matrix
    covariance = stationary_covariance(weights - np.eye(len(weights)), np.eye(len(weights)))
    return np.linalg.eigvals(population_student(weights, covariance, np.asarray(observed), 0.0)) - 1


def shares(system, share, units=100, select="first", **fields):
    n = round(share * units)
    for draw in DRAWS:
        network = system(units=units, draw=draw, **fields)
        rng = np.random.default_rng(draw)
        observed = np.arange(n) if select == "first" else np.sort(rng.permutation(units)[:n])
        yield network, student_rates(network, observed)


def test_figure_1_a_feedforward_integrator_becomes_a_line_attractor(shipped_system):
    def system(**fields):
        return shipped_system("ff_integrator", **fields)

    rates = [found for _, found in shares(system, 0.1)]
    # All modes of the teacher last 1. Measured before at a tenth of 100 units: 83 to 251, scores 2.8 to 5.1.
    assert sum(slowest_time_s(found) >= 40 for found in rates) >= 9
    assert sum(line_attractor_score(found) >= 2 for found in rates) >= 9
    assert sum(attractor_class(found, 5.0).kind == "line" for found in rates) >= 9


@pytest.mark.parametrize("name", ["symmetric", "normal"])
def test_figure_2_symmetric_and_normal_networks_are_safe(shipped_system, name):
    for network, found in shares(lambda **fields: shipped_system(name, **fields), 0.05):
        assert found.real.max() <= network.weights.eigenvalues.real.max() - 1 + 1e-9


def test_figure_2_a_symmetric_line_attractor_is_seen_and_is_made_faster(shipped_system):
    def system(**fields):
        return shipped_system("symmetric_line_attractor", **fields)

    for network, found in shares(system, 0.1):
        assert attractor_class(found, 5.0).kind == "line"
        # The bound: λ₁ − ε (1 + λ₂) / (|u₁ of the observed|² (1 − λ₂)).
        values, vectors = np.linalg.eigh(network.weights.matrix)
        seen, second = np.sum(vectors[:10, -1] ** 2), values[-2]
        bound = values[-1] - (1 - values[-1]) * (1 + second) / (seen * (1 - second))
        assert bound - 1e-9 <= 1 + found.real.max() <= values[-1] + 1e-9


def test_figure_3_modes_of_a_chain_slow_down_as_its_hidden_part_grows(shipped_system):
    networks = {n: shipped_system("ff_chain", units=n) for n in (5, 10, 25, 100)}
    rates = {n: student_rates(network, np.arange(5)) for n, network in networks.items() if n > 5}
    # Measured before: 2.03, 3.9, 9.7, with scores of 0 (a pair), 1.04, 2.57; with no unit hidden it is 1.
    assert [slowest_time_s(found) for found in rates.values()] == pytest.approx([2.03, 3.9, 9.7], rel=0.02)
    assert line_attractor_score(rates[25]) == pytest.approx(1.04, abs=0.02)
    assert line_attractor_score(rates[100]) == pytest.approx(2.57, abs=0.02)


def test_beyond_random_units_of_a_chain_look_slow_but_not_like_a_line(shipped_system):
    def system(**fields):
        return shipped_system("ff_chain", **fields)

    found = [rates for _, rates in shares(system, 0.1, select="random")]
    assert all(slowest_time_s(rates) > 3 for rates in found)
    assert sum(attractor_class(rates, 5.0).kind == "line" for rates in found) <= 2


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_figure_4_low_rank_weights_gain_as_many_outliers_as_they_have_rank(shipped_system, rank):
    connectivity = {"kind": "lowrank_null", "rank": rank, "scale": 0.5}

    def system(**fields):
        return shipped_system("lowrank_null", connectivity=connectivity, **fields)

    few = [attractor_class(rates, 5.0).dimension for _, rates in shares(system, 0.05, units=200)]
    assert few == [rank] * 10
    many = [slowest_time_s(rates) for _, rates in shares(system, 1.0, units=60)]
    assert many == pytest.approx([1.0] * 10, rel=1e-6)
