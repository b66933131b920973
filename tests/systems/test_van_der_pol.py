import numpy as np
import pytest
from scipy.integrate import solve_ivp

from ctdspec.dynamics.lyapunov import lyapunov_spectrum
from ctdspec.seeds import stream
from ctdspec.systems.flow import Flow


def cycle(mu):
    """Give the period and the logarithm of the multiplier of the cycle, by scipy: the judge."""

    def field(t, s):
        return [s[1], mu * (1 - s[0] ** 2) * s[1] - s[0]]

    def crossing(t, s):
        return s[1]

    crossing.direction = -1
    there = solve_ivp(field, (0, 100), [2.0, 0.0], "DOP853", rtol=1e-11, atol=1e-11, events=crossing)
    period = np.diff(there.t_events[0])[-1]
    amplitude = there.y_events[0][-1][0]

    def with_divergence(t, s):
        return [*field(t, s), mu * (1 - s[0] ** 2)]

    turn = solve_ivp(with_divergence, (0, period), [amplitude, 0, 0], "DOP853", rtol=1e-11, atol=1e-11)
    return period, turn.y[2, -1], amplitude


@pytest.mark.parametrize("mu", [1.0, 2.0, 5.0])
def test_the_published_periods_are_those_of_the_equations(shipped_system, mu):
    period, _, _ = cycle(mu)
    assert shipped_system("van_der_pol", mu=mu, time_unit_s=0.5).known_period_s() == pytest.approx(
        0.5 * period, abs=1e-6
    )
    assert shipped_system("van_der_pol", mu=1.5).known_period_s() is None


def test_it_has_the_exponents_and_the_amplitude_of_its_cycle(shipped_system):
    system = shipped_system("van_der_pol")
    flow = Flow(system, 0.01)
    starts = flow.initial_states(5, stream(0, "lyapunov"))
    # Fifteen turns of 50 bins, for exponents are those of whole turns
    n_bins = round(15 * system.known_period_s() / 0.01)
    found = lyapunov_spectrum(flow, starts, np.zeros((5, n_bins, 0)), 0.01, 0, scale=1.0)
    period, log_multiplier, amplitude = cycle(1.0)
    expected = np.array([0, log_multiplier / period]) / system.time_unit_s
    assert system.known_exponents_hz() == pytest.approx(expected, abs=0.001)
    assert found.exponents_hz == pytest.approx(expected, abs=0.2)
    states, peak = starts, 0.0
    for _ in range(60):
        states = flow.step(states, None)
        peak = max(peak, states[:, 0].max())
    # 2.00862 is the published amplitude; a bin is too long to hit every peak exactly.
    assert amplitude == pytest.approx(2.00862, abs=1e-5)
    assert peak == pytest.approx(amplitude, abs=0.01)
