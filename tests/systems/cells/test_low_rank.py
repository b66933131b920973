"""The low-rank cell, judged by the mean-field theory of its paper and by linear algebra."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.integrate import quad
from scipy.optimize import brentq

from ctdspec.seeds import stream
from ctdspec.systems.cells.low_rank import LowRank


def low_rank(**changes):
    fields = {"units": 30, "rank": 2, "random_gain": 0.0, "leak": 0.1, "noise_sd": 0.0}
    return LowRank(kind="low_rank", **fields | changes)


def settled(cell, weights, states, n_bins):
    for _ in range(n_bins):
        states = cell.step(weights, states, np.zeros((len(states), 0)), None)
    return states


def test_a_rank_one_network_settles_where_mean_field_theory_says():
    # Mastrogiuseppe & Ostojic 2018: x = κ m with κ = ⟨n tanh(κ m)⟩. For Gaussian m, n of variance 1 and
    # covariance ρ Stein's lemma makes it 1 = ρ ⟨1 − tanh²(κ z)⟩; with ρ > 1, n = ρ m + noise.
    overlap, units = 2.0, 4096
    cell, rng = low_rank(units=units, rank=1), stream(0, "test")
    weights = cell.initial_weights(0, rng)
    weights["weight_right"] = overlap * weights["weight_left"] + 0.5 * weights["weight_right"]
    states = settled(cell, weights, 0.1 * weights["weight_left"].T.astype(float), 400)
    left = weights["weight_left"][:, 0]
    kappa = states[0] @ left / (left @ left)

    def gap(k):
        def slope(z):
            return (1 - np.tanh(k * z) ** 2) * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)

        return overlap * quad(slope, -8, 8)[0] - 1

    # The slope differs from draw to draw by about 2 %: five standard errors.
    assert kappa == pytest.approx(brentq(gap, 0.1, 5), rel=0.1)


def test_the_random_part_alone_is_that_of_a_random_network():
    cell = low_rank(units=400, random_gain=1.5)
    weights = cell.initial_weights(0, stream(1, "test"))
    assert cell.fixed_weights == {"weight_random"}
    assert np.abs(np.linalg.eigvals(weights["weight_random"])).max() == pytest.approx(1.5, abs=0.15)
    assert low_rank().fixed_weights == frozenset()
    assert "weight_random" not in low_rank().initial_weights(0, stream(1, "test"))


def test_a_step_is_the_equation_of_the_paper():
    cell, rng = low_rank(random_gain=0.7), stream(2, "test")
    weights = cell.initial_weights(3, rng)
    weights["bias"] = rng.standard_normal(30)
    states, inputs = rng.standard_normal((5, 30)), rng.standard_normal((5, 3))
    connectivity = weights["weight_random"] + sum(
        np.outer(m, n) for m, n in zip(weights["weight_left"].T, weights["weight_right"].T, strict=True)
    ) / 30  # fmt: skip
    for x, u, found in zip(states, inputs, cell.step(weights, states, inputs, None), strict=True):
        flow = -x + connectivity @ np.tanh(x) + weights["weight_ih"] @ u + weights["bias"]
        np.testing.assert_allclose(found, x + 0.1 * flow, rtol=1e-5)


def test_states_settle_into_the_space_of_the_left_vectors():
    cell = low_rank()
    weights = cell.initial_weights(0, stream(3, "test"))
    states = settled(cell, weights, stream(4, "test").standard_normal((50, 30)), 300)
    # What lies outside shrinks by 0.9 in each bin.
    left = np.linalg.qr(weights["weight_left"].astype(float))[0]
    assert np.abs(states - states @ left @ left.T).max() < 1e-6


def test_the_rank_is_not_above_the_units():
    with pytest.raises(ValidationError, match=r"rank \(31\) must not exceed units \(30\)"):
        low_rank(rank=31)
