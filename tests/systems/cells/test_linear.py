"""The linear cell, judged by the closed form of its course."""

import numpy as np
import pytest

from ctdspec.seeds import stream
from ctdspec.systems.cells.linear import Linear


def test_its_course_is_that_of_the_closed_form():
    cell, rng = Linear(kind="linear", units=5, noise_sd=0), stream(0, "test")
    weights = {name: array.astype(float) for name, array in cell.initial_weights(2, rng).items()}
    weights["bias"] = rng.standard_normal(5)
    start, inputs = rng.standard_normal((3, 5)), rng.standard_normal((3, 2))
    states = start
    for _ in range(40):
        states = cell.step(weights, states, inputs, None)
    power = np.linalg.matrix_power(weights["weight_hh"], 40)
    # A constant drive d adds (I - A)^-1 (I - A^40) d.
    drive = inputs @ weights["weight_ih"].T + weights["bias"]
    grown = np.linalg.solve(np.eye(5) - weights["weight_hh"], (np.eye(5) - power) @ drive.T).T
    np.testing.assert_allclose(states, start @ power.T + grown, rtol=0, atol=1e-10)


def test_it_starts_stable_with_long_memory():
    weights = Linear(kind="linear", units=64, noise_sd=0).initial_weights(3, stream(1, "test"))
    moduli = np.abs(np.linalg.eigvals(weights["weight_hh"]))
    # By the circular law the eigenvalues fill a disc of radius 0.05 around 0.95.
    assert 0.88 < moduli.min() < moduli.max() < 1.02
    assert weights["weight_hh"].diagonal().mean() == pytest.approx(0.95, abs=0.01)
