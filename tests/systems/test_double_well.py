import numpy as np
import pytest
from scipy.integrate import quad

from ctdspec.seeds import stream
from ctdspec.systems.flow import Flow


def test_states_have_the_density_of_boltzmann(shipped_system):
    system = shipped_system("double_well", noise_sd=0.8, steps_per_bin=20, burn_in_s=1.0)
    states = Flow(system, 0.01).initial_states(20_000, stream(0, "test"))[:, 0]

    def moment(power):
        density = [
            quad(lambda x, p=p: abs(x) ** p * np.exp((x**2 - x**4 / 2) / 0.64), -4, 4)[0] for p in (power, 0)
        ]
        return density[0] / density[1]

    # One standard error is 0.3 % for |x| and 0.5 % for x²: five of them, and less than a percent of bias.
    assert np.abs(states).mean() == pytest.approx(moment(1), rel=0.02)
    assert np.mean(states**2) == pytest.approx(moment(2), rel=0.03)


def test_a_well_is_left_at_kramers_rate(shipped_system):
    system = shipped_system("double_well", noise_sd=0.35, burn_in_s=0.0)
    flow, rng = Flow(system, 0.01), stream(0, "test")
    rate = system.kramers_rate_hz()
    assert rate == pytest.approx(np.sqrt(2) / (2 * np.pi) * np.exp(-0.5 / 0.35**2) / system.time_unit_s)
    states = flow.initial_states(2000, rng)
    side, switches = np.sign(states), 0
    for _ in range(1000):
        states = flow.step(states, None, rng.standard_normal((2000, *flow.noise_shape)))
        crossed = states * side < -0.5
        switches += crossed.sum()
        side = np.where(crossed, -side, side)
    # About 1500 switches: 2.6 % is one standard error. Kramers' law is itself 6 % too fast at this noise.
    assert switches / (2000 * 10) == pytest.approx(rate, rel=0.15)
    assert shipped_system("double_well", noise_sd=0.0).kramers_rate_hz() == 0


def test_wells_and_ridge(shipped_system):
    system = shipped_system("double_well", alpha=2.0, beta=0.5)
    assert system.known_fixed_points()[:, 0].tolist() == [0, 2, -2]
    rates = system.known_eigenvalues_hz()[:, 0] * system.time_unit_s
    assert rates == pytest.approx([2, -4, -4])
    assert system.known_exponents_hz() * system.time_unit_s == pytest.approx([-4])
