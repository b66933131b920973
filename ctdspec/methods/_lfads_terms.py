"""The terms of the loss of LFADS, entry by entry, in nats."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_LOG_2PI = math.log(2 * math.pi)


def poisson_nll(counts: Tensor, log_expected: Tensor) -> Tensor:
    """Give −log p of Poisson counts, in the shape of the two."""
    return log_expected.exp() - counts * log_expected + torch.lgamma(counts + 1)


def normal_log_density(values: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """Give log N(values; mean, variance), entry by entry."""
    return -0.5 * (_LOG_2PI + variance.log() + (values - mean).square() / variance)


def normal_kl(mean: Tensor, variance: Tensor, prior_mean: Tensor, prior_variance: Tensor) -> Tensor:
    """Give KL(N(mean, variance) ‖ N(prior_mean, prior_variance)), entry by entry."""
    ratio = variance / prior_variance
    distance = (mean - prior_mean).square() / prior_variance
    return 0.5 * (ratio + distance - 1 - ratio.log())


def ar1_log_density(values: Tensor, correlation_bins: Tensor, noise_variance: Tensor) -> Tensor:
    """Give log p of each bin of a first-order autoregressive process, given the bin before.

    u_t = α u_{t−1} + ε_t with α = exp(−1/τ) and ε_t ~ N(0, σ²); the first bin has the stationary variance
    σ² / (1 − α²) (Sussillo et al. 2016). The sum over bins is the log-density of the whole course.

    Parameters
    ----------
    values : (time, trial, input)
    correlation_bins : (input,)
        τ, in bins.
    noise_variance : (input,)
        σ².

    Returns
    -------
    (time, trial, input)
    """
    share = torch.exp(-1 / correlation_bins)
    first_variance = noise_variance / -torch.expm1(-2 / correlation_bins)
    first = normal_log_density(values[:1], torch.zeros_like(share), first_variance)
    later = normal_log_density(values[1:], share * values[:-1], noise_variance)
    return torch.cat([first, later])


def learned_by(log_expected: Tensor, learns: Tensor) -> Tensor:
    """Give the same numbers, whose gradient is 0 where `learns` is False."""
    return torch.where(learns, log_expected, log_expected.detach())
