"""Block-tridiagonal systems: what the states of a Markov chain have for a precision matrix.

All functions take many trials at once. The diagonal blocks differ from bin to bin; the blocks beside the
diagonal are one matrix. Time and memory grow linearly with the number of bins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pivots:
    """The block LDL' factors of symmetric positive definite block-tridiagonal matrices.

    Attributes
    ----------
    inverses : (trial, time, latent, latent)
        Inverses of the blocks of D.
    above : (latent, latent)
        The block right of the diagonal, the same in every bin.
    log_determinant : (trial,)
        Of the whole matrix.
    """

    inverses: np.ndarray
    above: np.ndarray
    log_determinant: np.ndarray

    def solve(self, right: np.ndarray) -> np.ndarray:
        """Solve for right-hand sides (trial, time, latent); the result has the same shape."""
        reduced, n_bins = right.copy(), right.shape[1]
        carry = self.inverses @ self.above  # (trial, time, latent, latent)
        for time in range(1, n_bins):
            reduced[:, time] -= np.einsum("nij,ni->nj", carry[:, time - 1], reduced[:, time - 1])
        solution = np.einsum("ntij,ntj->nti", self.inverses, reduced)
        for time in range(n_bins - 2, -1, -1):
            solution[:, time] -= np.einsum("nij,nj->ni", carry[:, time], solution[:, time + 1])
        return solution

    def inverse_blocks(self) -> tuple[np.ndarray, np.ndarray]:
        """Give the blocks of the inverse on the diagonal and right of it.

        Returns
        -------
        diagonal : (trial, time, latent, latent)
        right : (trial, time - 1, latent, latent)
            Rows of one bin, columns of the next.
        """
        carry = self.inverses @ self.above
        diagonal = self.inverses.copy()
        right = np.empty_like(diagonal[:, 1:])
        for time in range(diagonal.shape[1] - 2, -1, -1):
            right[:, time] = -carry[:, time] @ diagonal[:, time + 1]
            diagonal[:, time] -= right[:, time] @ carry[:, time].swapaxes(1, 2)
        return diagonal, right


def factorise(diagonal: np.ndarray, above: np.ndarray) -> Pivots:
    """Factorise symmetric positive definite matrices.

    Parameters
    ----------
    diagonal : (trial, time, latent, latent)
        Blocks on the diagonal.
    above : (latent, latent)
        Block right of the diagonal; the one below it is its transpose.
    """
    inverses = np.empty_like(diagonal)
    log_determinant = np.zeros(len(diagonal))
    pivot = diagonal[:, 0]
    for time in range(diagonal.shape[1]):
        if time:
            pivot = diagonal[:, time] - above.T @ inverses[:, time - 1] @ above
        inverses[:, time] = np.linalg.inv(pivot)
        log_determinant += np.linalg.slogdet(pivot)[1]
    return Pivots(inverses, above, log_determinant)
