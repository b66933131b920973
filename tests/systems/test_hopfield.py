import numpy as np
import pytest
from pydantic import ValidationError
from scipy.optimize import brentq

from ctdspec.seeds import stream
from ctdspec.systems.flow import Flow


def test_stored_patterns_are_attracting_fixed_points(shipped_system):
    system = shipped_system("hopfield")
    points = system.recalled()
    size = brentq(lambda m: m - np.tanh(2 * m), 0.5, 1)
    assert np.abs(points) == pytest.approx(np.full((10, 100), size), abs=1e-12)
    assert system.field(points, None) == pytest.approx(np.zeros((10, 100)), abs=1e-12)
    assert np.linalg.eigvals(system.jacobian(points)).real.max() < -0.5


def test_noisy_starts_are_recalled(shipped_system):
    system = shipped_system("hopfield", start_sd=0.5, burn_in_s=10.0)
    ends = Flow(system, 0.01).initial_states(50, stream(0, "test"))
    distances = np.abs(ends[:, None] - system.recalled()).max(axis=2).min(axis=1)
    assert distances == pytest.approx(np.zeros(50), abs=1e-6)


def test_projection_is_a_projection_and_hebb_is_hebb(shipped_system):
    projection = shipped_system("hopfield").weights
    assert projection @ projection == pytest.approx(projection, abs=1e-12)
    assert np.trace(projection) == pytest.approx(5)
    hebb = shipped_system("hopfield", rule="hebb")
    expected = np.einsum("pi,pj->ij", hebb.stored, hebb.stored) / 100
    assert hebb.weights + 0.05 * np.eye(100) == pytest.approx(expected)
    assert hebb.recalled() is None


@pytest.mark.parametrize(("patterns", "least", "most"), [(20, 0.97, 1.0), (100, 0.0, 0.8)])
def test_hebbs_rule_holds_up_to_its_capacity(shipped_system, patterns, least, most):
    # 0.05 and 0.25 patterns per unit, around the 0.138 of Amit et al. (1985)
    system = shipped_system(
        "hopfield", rule="hebb", units=400, patterns=patterns, gain=20.0, start_sd=0.0, burn_in_s=10.0,
        time_unit_s=0.5,
    )  # fmt: skip
    ends = Flow(system, 0.05).initial_states(20, stream(0, "test"))
    overlap = np.abs(np.sign(ends) @ system.stored.T / 400).max(axis=1).mean()
    assert least <= overlap <= most


def test_too_many_patterns_are_refused(shipped_system):
    with pytest.raises(ValidationError, match=r"patterns \(100\) must be fewer than units \(100\)"):
        shipped_system("hopfield", patterns=100)
