"""The stationary states of linear systems that noise drives."""

from __future__ import annotations

import numpy as np

from ctdspec.errors import UsageError


def stationary_covariance(drift: np.ndarray, diffusion: np.ndarray) -> np.ndarray:
    """Give the covariance S (latent, latent) of dx = A x dt + noise, from A S + S Aᵀ = −Q (Lyapunov).

    Parameters
    ----------
    drift : (latent, latent)
        A, per unit of time.
    diffusion : (latent, latent)
        Q, the covariance of the noise per unit of time, positive definite.

    Raises
    ------
    UsageError
        If the system is not stable, so that nothing is stationary.
    """
    from scipy.linalg import solve_continuous_lyapunov

    return _positive(solve_continuous_lyapunov(drift, -diffusion), "drift", drift)


def stationary_covariance_of_steps(step: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Give the covariance S (latent, latent) of x ← M x + noise, from S = M S Mᵀ + Q.

    With M = 1 + A dt and Q dt it is that of the Euler–Maruyama steps of dx = A x dt + noise.

    Parameters
    ----------
    step : (latent, latent)
        M.
    noise : (latent, latent)
        Q, the covariance of the noise of one step, positive definite.

    Raises
    ------
    UsageError
        If the steps are not stable.
    """
    from scipy.linalg import solve_discrete_lyapunov

    return _positive(solve_discrete_lyapunov(step, noise), "step", step)


def _positive(covariance: np.ndarray, name: str, matrix: np.ndarray) -> np.ndarray:
    """Refuse a solution that is no covariance: by Lyapunov's theorem the system is not stable then."""
    covariance = (covariance + covariance.T) / 2
    try:
        np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        eigenvalues = np.linalg.eigvals(matrix)
        size = f"spectral abscissa {eigenvalues.real.max():.4g}, needed below 0"
        if name == "step":
            size = f"spectral radius {np.abs(eigenvalues).max():.4g}, needed below 1"
        raise UsageError(f"{name}: no stationary states, for the system is not stable ({size})") from None
    return covariance
