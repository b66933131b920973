import numpy as np
import pytest
from scipy.optimize import brentq

from ctdspec.seeds import stream
from ctdspec.systems.flow import Flow


def test_it_rests_at_the_published_point_without_current_and_fires_with_it(shipped_system):
    resting = shipped_system("fitzhugh_nagumo", current=0.0)
    # FitzHugh 1961, in today's signs
    assert resting.known_fixed_points() == pytest.approx(np.array([[-1.19941, -0.62426]]), abs=1e-5)
    assert resting.known_eigenvalues_hz().real.max() < 0
    settled = Flow(resting, 0.01).initial_states(20, stream(0, "test"))
    assert settled == pytest.approx(np.broadcast_to(resting.known_fixed_points(), (20, 2)), abs=1e-6)

    firing = shipped_system("fitzhugh_nagumo")
    assert firing.known_eigenvalues_hz().real.min() > 0
    flow = Flow(firing, 0.01)
    states = flow.initial_states(20, stream(0, "test"))
    v = []
    for _ in range(200):
        states = flow.step(states, None)
        v.append(states[:, 0])
    v = np.array(v)
    assert v.max(axis=0) == pytest.approx(1.9, abs=0.15)
    assert v.min(axis=0) == pytest.approx(-1.95, abs=0.15)
    spikes = np.sum((v[:-1] < 0) & (v[1:] >= 0), axis=0)
    assert set(spikes) <= {3, 4, 5}


def test_three_fixed_points_are_those_of_the_nullclines(shipped_system):
    system = shipped_system("fitzhugh_nagumo", a=0.0, b=3.0, current=0.0)
    points = system.known_fixed_points()
    outer = brentq(lambda v: v - v**3 / 3 - v / 3, 0.5, 3)
    assert points[:, 0] == pytest.approx([-outer, 0, outer], abs=1e-9)
    assert system.field(points, None) == pytest.approx(np.zeros((3, 2)), abs=1e-12)
