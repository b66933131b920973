import numpy as np
import pytest

from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.dynamics.lyapunov import kaplan_yorke_dimension, lyapunov_spectrum
from ctdspec.seeds import stream
from ctdspec.systems.lorenz import Lorenz
from ctdspec.tasks.spontaneous import Spontaneous


class Map(Dynamics):
    """A map of the plane or of space, written as a function."""

    def __init__(self, n_latents, function):
        self._n_latents, self._function = n_latents, function

    @property
    def n_latents(self):
        return self._n_latents

    @property
    def noise_shape(self):
        return (0,)

    def initial_states(self, n_trials, rng):
        return rng.standard_normal((n_trials, self._n_latents))

    def step(self, states, inputs, noise=None):
        return self._function(states)

    def readout(self, states):
        return states[..., :0]

    def parameters(self):
        return {}


def spectrum(dynamics, starts, n_bins, bin_s=1.0, transient_bins=50):
    no_inputs = np.zeros((len(starts), n_bins, 0))
    return lyapunov_spectrum(dynamics, starts, no_inputs, bin_s, transient_bins, scale=1.0)


def test_lorenz_has_the_published_exponents():
    lorenz = Lorenz(
        kind="lorenz", sigma=10.0, rho=28.0, beta=8 / 3, time_unit_s=0.25, integrator="rk4",
        steps_per_bin=1, noise_sd=0.0, burn_in_s=5.0,
    )  # fmt: skip
    task = Spontaneous(kind="spontaneous", trial_s=1.0, bin_s=0.0025)
    dynamics = lorenz.dynamics(task, None)
    starts = dynamics.initial_states(300, stream(0, "lyapunov"))
    found = spectrum(dynamics, starts, 2200, task.bin_s, 200)
    exponents, errors = found.exponents_hz * 0.25, found.standard_errors_hz * 0.25
    # Sprott (2003): 0.9056, 0, -14.5723 per unit of the equations' time. 6000 units know them to about 0.005.
    assert exponents == pytest.approx([0.9056, 0, -14.5723], abs=0.02)
    assert np.all(errors < 0.01)
    # The divergence of the flow is the same everywhere, so the sum holds on every trajectory.
    assert found.per_trial_hz.sum(axis=1) * 0.25 == pytest.approx(-(10 + 1 + 8 / 3), rel=1e-5)
    assert found.kaplan_yorke_dimension == pytest.approx(2.062, abs=2e-3)


def test_henon_map_has_the_published_exponents():
    def henon(states):
        x, y = states[..., 0], states[..., 1]
        return np.stack([1 - 1.4 * x**2 + y, 0.3 * x], axis=-1)

    starts = 0.1 * np.random.default_rng(0).random((100, 2))
    found = spectrum(Map(2, henon), starts, 1050)
    # Sprott (2003): 0.41922, -1.62319 per step. 10⁵ steps know them to about 0.002.
    assert found.exponents_hz == pytest.approx([0.41922, -1.62319], abs=0.008)
    assert found.per_trial_hz.sum(axis=1) == pytest.approx(np.log(0.3), abs=1e-9)


def test_a_linear_map_has_the_logarithms_of_its_eigenvalues():
    matrix = np.triu(np.random.default_rng(0).standard_normal((4, 4)))
    np.fill_diagonal(matrix, [0.3, 1.2, 0.01, 0.9])
    found = spectrum(Map(4, lambda states: states @ matrix.T), np.ones((2, 4)), 400, bin_s=0.5)
    assert found.exponents_hz == pytest.approx(np.log([1.2, 0.9, 0.3, 0.01]) / 0.5, abs=1e-6)


def test_a_step_with_kinks_is_differentiated_by_differences():
    found = spectrum(Map(1, lambda s: 1 - 2 * np.abs(s - 0.1)), np.full((3, 1), 0.37), 200)
    assert found.exponents_hz == pytest.approx([np.log(2)], abs=1e-6)


def test_a_step_that_forgets_has_a_finite_spectrum():
    found = spectrum(
        Map(2, lambda s: np.stack([0.5 * s[..., 0], 0 * s[..., 1]], axis=-1)), np.ones((1, 2)), 60
    )
    assert found.exponents_hz[0] == pytest.approx(np.log(0.5))
    assert np.isfinite(found.exponents_hz[1])
    assert np.isnan(found.standard_errors_hz).all()


@pytest.mark.parametrize(
    ("exponents", "dimension"),
    [((-1, -2), 0), ((0, -1), 1), ((1, -2), 1.5), ((1, 0, -4), 2.25), ((2, 1), 2), ((0.5, -0.2, -0.6), 2.5)],
)
def test_kaplan_yorke_dimension(exponents, dimension):
    assert kaplan_yorke_dimension(np.array(exponents, float)) == pytest.approx(dimension)
