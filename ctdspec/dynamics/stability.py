"""What the eigenvalues of a step's Jacobian say about a fixed point."""

from __future__ import annotations

import numpy as np


def eigenvalues_by_modulus(jacobians: np.ndarray) -> np.ndarray:
    """Give the eigenvalues (…, latent) complex128 of Jacobians (…, latent, latent), largest modulus first."""
    values = np.linalg.eigvals(jacobians).astype(complex)
    return np.take_along_axis(values, np.argsort(-np.abs(values), axis=-1, kind="stable"), axis=-1)


def unstable_directions(eigenvalues: np.ndarray) -> np.ndarray:
    """Give how many of the eigenvalues (…, latent) of a step grow: the index (…) of a fixed point.

    Zero is a stable fixed point, all of them a repeller, anything between a saddle.
    """
    return np.sum(np.abs(eigenvalues) > 1, axis=-1)


def time_constants_bins(eigenvalues: np.ndarray) -> np.ndarray:
    """Give the time constants -1 / ln|λ| of eigenvalues λ of a step, in time bins.

    Negative ones grow; a marginal eigenvalue has an infinite one and λ = 0 none (0).
    """
    with np.errstate(divide="ignore"):
        rates = np.log(np.abs(eigenvalues))
        return np.where(rates == 0, np.inf, -1 / rates) + 0.0
