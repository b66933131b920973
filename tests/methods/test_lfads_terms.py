"""The terms of the loss, judged by torch.distributions and SciPy."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

torch = pytest.importorskip("torch")

from torch.distributions import Normal, Poisson, kl_divergence  # noqa: E402

from ctdspec.methods import _lfads_terms as terms  # noqa: E402
from ctdspec.seeds import stream  # noqa: E402


def drawn(*shape):
    return torch.from_numpy(stream(len(shape), "test").standard_normal(shape))


def test_counts_have_the_likelihood_of_poisson():
    log_expected = 2 * drawn(30, 20)
    counts = torch.from_numpy(stream(0, "test").poisson(2.0, (30, 20)).astype(float))
    expected = -Poisson(log_expected.exp()).log_prob(counts)
    torch.testing.assert_close(terms.poisson_nll(counts, log_expected), expected, rtol=1e-12, atol=1e-12)


def test_densities_and_divergences_are_those_of_normal_distributions():
    values, mean, prior_mean = drawn(3, 40)
    variance, prior_variance = (2 * drawn(2, 40)).exp()
    own, prior = Normal(mean, variance.sqrt()), Normal(prior_mean, prior_variance.sqrt())
    density = terms.normal_log_density(values, mean, variance)
    torch.testing.assert_close(density, own.log_prob(values), rtol=1e-12, atol=1e-12)
    divergence = terms.normal_kl(mean, variance, prior_mean, prior_variance)
    torch.testing.assert_close(divergence, kl_divergence(own, prior), rtol=1e-12, atol=1e-12)


def test_a_course_has_the_density_of_its_analytic_covariance():
    n_bins, correlation, noise = 25, np.array([0.3, 4.0, 30.0]), np.array([0.5, 0.1, 2.0])
    values = drawn(n_bins, 6, 3)
    found = terms.ar1_log_density(values, torch.from_numpy(correlation), torch.from_numpy(noise))
    assert found.shape == (n_bins, 6, 3)
    lags = np.abs(np.subtract.outer(np.arange(n_bins), np.arange(n_bins)))
    for number in range(3):
        share = np.exp(-1 / correlation[number])
        covariance = noise[number] / (1 - share**2) * share**lags
        expected = multivariate_normal(cov=covariance).logpdf(values[..., number].numpy().T)
        np.testing.assert_allclose(found[..., number].sum(dim=0).numpy(), expected, rtol=1e-10)


def test_what_is_not_learned_from_keeps_its_value_and_has_no_gradient():
    values = drawn(50).requires_grad_()
    learns = torch.from_numpy(stream(3, "test").random(50) < 0.4)
    passed = terms.learned_by(values, learns)
    passed.exp().sum().backward()
    assert torch.equal(passed.detach(), values.detach())
    torch.testing.assert_close(values.grad, torch.where(learns, values.detach().exp(), 0.0))
