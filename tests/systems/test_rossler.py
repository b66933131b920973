import numpy as np
import pytest

from ctdspec.dynamics.lyapunov import lyapunov_spectrum
from ctdspec.seeds import stream
from ctdspec.systems.flow import Flow


def test_it_has_the_published_exponents(shipped_system):
    system = shipped_system("rossler", steps_per_bin=4)
    # Bins of one eighth of a unit; 30 trials × 375 units know the first exponent to about 0.001.
    flow, bin_s = Flow(system, 0.125 * system.time_unit_s), 0.125 * system.time_unit_s
    starts = flow.initial_states(30, stream(0, "lyapunov"))
    found = lyapunov_spectrum(flow, starts, np.zeros((30, 3300, 0)), bin_s, 300, scale=1.0)
    unit = system.time_unit_s
    assert found.exponents_hz * unit == pytest.approx([0.0714, 0, -5.3943], abs=0.006)
    assert system.known_exponents_hz() * unit == pytest.approx([0.0714, 0, -5.3943])
    assert found.kaplan_yorke_dimension == pytest.approx(2.0132, abs=0.001)


def test_the_flow_is_that_of_the_equations(shipped_system):
    found = shipped_system("rossler").field(np.array([[1.0, 2.0, 3.0], [7.0, -1.0, 0.5]]), None)
    assert found == pytest.approx(np.array([[-5.0, 1.4, -13.9], [0.5, 6.8, 0.85]]))


def test_beyond_the_fold_there_is_no_fixed_point(shipped_system):
    assert shipped_system("rossler", a=3.0, b=3.0).known_fixed_points().shape == (0, 3)
    assert shipped_system("rossler", c=5.0).known_exponents_hz() is None
