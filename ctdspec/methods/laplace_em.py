"""Fitting linear dynamics with Poisson spikes by Laplace-EM (Macke et al. 2011, NeurIPS 24)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.methods.halving import rising_shares
from ctdspec.methods.laplace import Posterior, infer
from ctdspec.methods.linear_states import LinearStates, Observed, PoissonReadout

# Least variance that is added in a bin, as a share of the mean: a covariance stays invertible.
_LEAST_NOISE = 1e-6


@dataclass(frozen=True)
class Fit:
    """A fitted model.

    Attributes
    ----------
    dynamics, readout
        The model.
    bounds : list of float
        Lower bound of the log likelihood after each iteration, nats per seen bin of a neuron.
    """

    dynamics: LinearStates
    readout: PoissonReadout
    bounds: list[float]


def fit_em(
    dynamics: LinearStates,
    readout: PoissonReadout,
    observed: Observed,
    max_iterations: int,
    tolerance: float,
) -> Fit:
    """Improve a model until an iteration gains less than `tolerance`, or the bound falls.

    With Laplace's approximation for the posterior, the bound need not rise in every E-step; in an M-step it
    does. The model of the highest bound is given.
    """
    n_seen, bounds, posterior = observed.seen.sum(), [], None
    best = (dynamics, readout)
    for _ in range(max_iterations):
        posterior = infer(dynamics, readout, observed, None if posterior is None else posterior.means)
        bounds.append(bound(dynamics, readout, observed, posterior) / float(n_seen))
        if len(bounds) > 1 and bounds[-1] - bounds[-2] < tolerance:
            return Fit(*(best if bounds[-1] < bounds[-2] else (dynamics, readout)), bounds)
        best = (dynamics, readout)
        dynamics = better_dynamics(posterior, observed.inputs)
        readout = better_readout(readout, observed, posterior)
    return Fit(dynamics, readout, bounds)


def better_dynamics(posterior: Posterior, inputs: np.ndarray) -> LinearStates:
    """Give the dynamics under which the posterior's states are expected to be likeliest (closed form)."""
    means, n_latents = posterior.means, posterior.means.shape[2]
    second = posterior.covariances + means[..., :, None] * means[..., None, :]
    crossed = (posterior.lagged + means[:, :-1, :, None] * means[:, 1:, None, :]).sum(axis=(0, 1)).T
    after, driven = second[:, 1:].sum(axis=(0, 1)), inputs[:, 1:]
    by_input = np.einsum("nti,ntj->ij", means[:, 1:], driven)
    before_by_input = np.einsum("nti,ntj->ij", means[:, :-1], driven)
    of_inputs = np.einsum("nti,ntj->ij", driven, driven)
    regressors = np.block(
        [[second[:, :-1].sum(axis=(0, 1)), before_by_input], [before_by_input.T, of_inputs]]
    )
    joint = np.concatenate([crossed, by_input], axis=1)
    # A pseudo-inverse: an input that never moves gets no weight.
    weights = joint @ np.linalg.pinv(regressors, hermitian=True)
    n_steps = means.shape[0] * (means.shape[1] - 1)
    start = means[:, 0].mean(axis=0)
    return LinearStates(
        weights[:, :n_latents],
        weights[:, n_latents:],
        _covariance((after - weights @ joint.T) / n_steps),
        start,
        _covariance(second[:, 0].mean(axis=0) - np.outer(start, start)),
    )


def better_readout(readout: PoissonReadout, observed: Observed, posterior: Posterior) -> PoissonReadout:
    """Give a readout under which the spikes are expected to be likelier: a Newton step for each neuron."""
    step = np.array([_newton_step(readout, observed, posterior, n) for n in range(len(readout.offsets))])

    def after(shares: np.ndarray) -> PoissonReadout:
        return PoissonReadout(
            readout.weights + shares[:, None] * step[:, 1:], readout.offsets + shares * step[:, 0]
        )

    before = expected_nats(readout, observed, posterior)
    return after(rising_shares(lambda shares: expected_nats(after(shares), observed, posterior), before))


def expected_nats(readout: PoissonReadout, observed: Observed, posterior: Posterior) -> np.ndarray:
    """Give the expected log likelihood (neuron,) of the spikes, without the factorials of the counts."""
    logs = readout.mean_log_counts(posterior.means, posterior.covariances)
    with np.errstate(over="ignore"):
        expected = observed.seen * np.exp(logs)
    return (observed.counts * readout.log_counts(posterior.means) - expected).sum(axis=(0, 1))


def bound(dynamics: LinearStates, readout: PoissonReadout, observed: Observed, posterior: Posterior) -> float:
    """Give the evidence lower bound in nats, without the factorials of the counts.

    It is E[log p(spikes, states)] + entropy under the Gaussian posterior, so never above the log likelihood.
    """
    means, inputs = posterior.means, observed.inputs
    n_trials, n_bins, n_latents = means.shape
    steps = means[:, 1:] - dynamics.expected(means[:, :-1], inputs[:, 1:])
    transition, lagged = dynamics.transition, posterior.lagged.sum(axis=(0, 1))
    spread = posterior.covariances[:, 1:].sum(axis=(0, 1)) - transition @ lagged - lagged.T @ transition.T
    spread += transition @ posterior.covariances[:, :-1].sum(axis=(0, 1)) @ transition.T
    spread += np.einsum("nti,ntj->ij", steps, steps)
    first = means[:, 0] - dynamics.start
    start_spread = posterior.covariances[:, 0].sum(axis=0) + first.T @ first
    prior = np.trace(np.linalg.solve(dynamics.noise, spread))
    prior += np.trace(np.linalg.solve(dynamics.start_noise, start_spread))
    prior += n_trials * (n_bins - 1) * np.linalg.slogdet(dynamics.noise)[1]
    prior += n_trials * np.linalg.slogdet(dynamics.start_noise)[1]
    # The 2π of prior and entropy cancel.
    entropy = (n_trials * n_bins * n_latents - posterior.log_determinant.sum()) / 2
    return float(expected_nats(readout, observed, posterior).sum() - prior / 2 + entropy)


def _newton_step(
    readout: PoissonReadout, observed: Observed, posterior: Posterior, neuron: int
) -> np.ndarray:
    """Give the step (1 + latent,) of offset and weights of a neuron."""
    own, n_latents = readout.of(slice(neuron, neuron + 1)), posterior.means.shape[2]
    if not observed.counts[..., neuron].any():
        return np.zeros(1 + n_latents)  # its rate would fall for ever
    means, covariances = posterior.means.reshape(-1, n_latents), posterior.covariances
    logs = own.mean_log_counts(posterior.means, covariances).ravel()
    expected = observed.seen[..., neuron].ravel() * np.exp(logs)
    spread = (covariances.reshape(-1, n_latents) @ own.weights[0]).reshape(means.shape)
    features = np.concatenate([np.ones((len(means), 1)), means + spread], axis=1)
    counts = observed.counts[..., neuron].ravel()
    gradient = np.concatenate([[counts.sum()], counts @ means]) - expected @ features
    curvature = (features * expected[:, None]).T @ features
    curvature[1:, 1:] += (expected @ covariances.reshape(len(means), -1)).reshape(n_latents, n_latents)
    return np.linalg.solve(curvature, gradient)


def _covariance(matrix: np.ndarray) -> np.ndarray:
    """Give the matrix, symmetric to the last bit and safely positive definite."""
    symmetric = (matrix + matrix.T) / 2
    return symmetric + _LEAST_NOISE * max(np.trace(symmetric) / len(matrix), 1e-12) * np.eye(len(matrix))
