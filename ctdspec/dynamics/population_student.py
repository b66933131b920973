"""What a model fitted to a part of a linear network finds in infinite data."""

from __future__ import annotations

import numpy as np


def population_student(
    weights: np.ndarray, covariance: np.ndarray, observed: np.ndarray, ridge: float
) -> np.ndarray:
    """Give the weights (observed, observed) of a network of the observed units, fitted to infinite data.

    It is the regression of what drives the observed units on their own states:
    A = P B S Pᵀ (P S Pᵀ + ridge 1)⁻¹ (Qian et al. 2024). Without ridge it reproduces the covariance of the
    observed units exactly, and is the teacher if all units are observed. With the teacher's step from look to
    look in place of B it is the student's, and `ridge` the variance of the independent noise of a look.

    Parameters
    ----------
    weights : (unit, unit)
        B of the teacher dx = (−x + B x) dt + noise.
    covariance : (unit, unit)
        S, the stationary covariance of the teacher; see `stationary_covariance`.
    observed : (observed,) int
        Which units are observed, in the order of the result.
    ridge
        In units of the variance; 0 for none.
    """
    seen = covariance[:, observed]
    regularised = seen[observed] + ridge * np.eye(len(observed))
    return np.linalg.solve(regularised, (weights[observed] @ seen).T).T
