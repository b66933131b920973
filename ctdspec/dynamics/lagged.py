"""What linear systems driven by noise remember, and the models that can be read off it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctdspec.errors import UsageError


@dataclass(frozen=True)
class Realisation:
    """A linear system with the lagged covariances that it was made from.

    ``Λ_k = emission · stepᵏ⁻¹ · controls`` for every lag k = 1, 2, …

    Attributes
    ----------
    step : (latent, latent)
        Over one lag.
    emission : (neuron, latent)
    controls : (latent, neuron)
    past : (latent, block * neuron)
        Covariance of the states with the past, newest first; see `past_regression`.
    """

    step: np.ndarray
    emission: np.ndarray
    controls: np.ndarray
    past: np.ndarray


def lagged_covariances(step: np.ndarray, covariance: np.ndarray, lags: Sequence[int]) -> np.ndarray:
    """Give E[x(t + k) x(t)ᵀ] = Mᵏ S, (lag, latent, latent), of the stationary states of x ← M x + noise."""
    return np.stack([np.linalg.matrix_power(step, lag) @ covariance for lag in lags])


def yule_walker(covariances: np.ndarray, ridge: float) -> np.ndarray:
    """Give the coefficients (order, neuron, neuron) of a vector autoregression from lagged covariances.

    y(t) = Σ_k A_k y(t − k) + noise, by the normal equations (Lütkepohl 2005, section 3.3). They are those of
    least squares in infinite data.

    Parameters
    ----------
    covariances : (1 + order, neuron, neuron)
        E[y(t + k) y(t)ᵀ] for k = 0 … order.
    ridge
        In units of the variance; 0 for none.
    """
    order, n = len(covariances) - 1, covariances.shape[1]
    past = _gram_of_past(covariances, order) + ridge * np.eye(order * n)
    target = np.concatenate(list(covariances[1:]), axis=1)
    coefficients = np.linalg.solve(past, target.T).T
    return coefficients.reshape(n, order, n).swapaxes(0, 1)


def companion(coefficients: np.ndarray) -> np.ndarray:
    """Give the step (order * neuron,) ² of the last `order` observations, newest first."""
    order, n, _ = coefficients.shape
    top = np.concatenate(list(coefficients), axis=1)
    return np.concatenate([top, np.eye((order - 1) * n, order * n)])


def ho_kalman(covariances: np.ndarray, n_latents: int) -> Realisation:
    """Give the linear system of so many latents from lagged covariances (Ho & Kalman 1966).

    The covariances of blocks of the future with blocks of the past are the product of what can be observed
    of the states and of how the past sets them; a singular value decomposition tells them apart (Van
    Overschee & De Moor 1996, section 3). Independent noise of the observations changes nothing, for it is in
    lag 0 only.

    Parameters
    ----------
    covariances : (1 + 2 * block, neuron, neuron)
        E[y(t + k) y(t)ᵀ] for k = 0 … 2 · block lags, of equal length; lag 0 is not used.
    n_latents
        No more than block · neuron.

    Raises
    ------
    UsageError
        If the covariances have a lower rank than that.
    """
    blocks, n = (len(covariances) - 1) // 2, covariances.shape[1]
    near, far = (_hankel(covariances[first:], blocks) for first in (1, 2))
    left, values, right = np.linalg.svd(near)
    enough = int(np.sum(values > values[0] * np.finfo(float).eps * len(near)))
    if n_latents > enough:
        raise UsageError(
            f"n_latents: found {n_latents}, but the lagged covariances have rank {enough}; take fewer latents"
        )
    root = np.sqrt(values[:n_latents])
    observe, control = left[:, :n_latents] * root, root[:, None] * right[:n_latents]
    step = (left[:, :n_latents] / root).T @ far @ (right[:n_latents] / root[:, None]).T
    return Realisation(step, observe[:n], control[:, :n], control)


def past_regression(realisation: Realisation, covariances: np.ndarray) -> np.ndarray:
    """Give the map (latent, block * neuron) from the past, newest first, to the states: least squares."""
    n = realisation.emission.shape[0]
    gram = _gram_of_past(covariances, realisation.past.shape[1] // n)
    return np.linalg.lstsq(gram, realisation.past.T, rcond=1e-10)[0].T


def _gram_of_past(covariances: np.ndarray, blocks: int) -> np.ndarray:
    """Give the covariance of the last `blocks` observations, newest first."""
    rows = [
        [covariances[j - i] if j >= i else covariances[i - j].T for j in range(blocks)] for i in range(blocks)
    ]
    return np.block(rows)


def _hankel(covariances: np.ndarray, blocks: int) -> np.ndarray:
    return np.block([[covariances[i + j] for j in range(blocks)] for i in range(blocks)])
