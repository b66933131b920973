import numpy as np
import pytest
from scipy.stats import binom, nbinom

from ctdspec.engine.picture import framed, observation_path
from ctdspec.observation.observation import Observation
from ctdspec.pages.predicted_variance import predicted_variance

MEAN = np.array([0.05, 0.4, 2.0, 7.5])


def observation(name: str) -> Observation:
    return framed(observation_path(name)).observation


def variance(name: str) -> np.ndarray:
    found = predicted_variance(observation(name), window_bins=10)
    assert found is not None
    return found[1](MEAN)


def test_bernoulli_windows_are_binomial():
    np.testing.assert_allclose(variance("bernoulli"), binom(10, MEAN / 10).var())


def test_negative_binomial_bins_add_up():
    fano = observation("negative_binomial").noise.fano
    np.testing.assert_allclose(
        variance("negative_binomial"), 10 * nbinom(MEAN / 10 / (fano - 1), 1 / fano).var()
    )


def test_under_dispersed_bins_have_the_least_variance_or_the_one_asked_for():
    # By hand, for bins of mean 0.005, 0.04, 0.2 and 0.75: f (1 − f) above 0.6 f below 0.4 of a spike.
    expected = [0.05 * 0.995, 0.4 * 0.96, 2.0 * 0.8, 7.5 * 0.6]
    np.testing.assert_allclose(variance("conway_maxwell_poisson"), expected)


def test_the_others_are_textbook_formulas():
    np.testing.assert_allclose(variance("gamma_renewal"), MEAN / 3)
    np.testing.assert_allclose(variance("shared_gain"), MEAN + 0.1 * MEAN**2)
    np.testing.assert_allclose(variance("gaussian"), 2.5)


@pytest.mark.parametrize("name", ["cortex", "glm", "lif", "refractory", "calcium", "drift"])
def test_where_there_is_no_formula_nothing_is_claimed(name):
    assert predicted_variance(observation(name), window_bins=10) is None
