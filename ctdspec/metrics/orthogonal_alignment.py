"""How far apart two linear laws are when one of them may be rotated."""

from __future__ import annotations

import numpy as np

N_ITERATIONS = 1000
TOLERANCE = 1e-9
"""An iteration that gains less than this in the cosine, many times in a row, is the last."""

_PATIENCE = 5


def angular_distance(first: np.ndarray, second: np.ndarray, n_starts: int, rng: np.random.Generator) -> float:
    """Give the least angle between A and C B Cᵀ over orthogonal C, in radians from 0 to π.

    The angle is that of the Frobenius inner product: min over C in O(n) of arccos(⟨A, C B Cᵀ⟩ / (|A| |B|)), a
    distance of linear systems up to rotation and scale (Ostrow et al. 2023). Local optima are met with
    several starts: half of them from matching the axes of the symmetric parts, which is exact for a rotated
    copy, half at random; both components of the orthogonal group are searched.

    Parameters
    ----------
    first, second : (n, n)
    n_starts : int
        How many optimisations are run side by side, at least two.
    rng : numpy.random.Generator
        Draws the random starts.

    Returns
    -------
    NaN if one of the matrices is zero.
    """
    norms = np.linalg.norm(first), np.linalg.norm(second)
    if min(norms) == 0:
        return float("nan")
    first, second = first / norms[0], second / norms[1]
    starts = _starts(first, second, n_starts, rng)
    rotated = _ascend(first, starts @ second @ np.swapaxes(starts, 1, 2))
    # arcsin of the chord keeps small angles that arccos of the cosine rounds away.
    chord = np.linalg.norm(rotated - first, axis=(1, 2)).min()
    return float(2 * np.arcsin(min(chord / 2, 1)))


def _starts(first: np.ndarray, second: np.ndarray, n_starts: int, rng: np.random.Generator) -> np.ndarray:
    """Give orthogonal matrices (start, n, n): by turns of either determinant, spectral ones first."""
    n = len(first)
    starts = np.linalg.qr(rng.standard_normal((n_starts, n, n)))[0]
    n_spectral = max(2, n_starts // 2)
    axes, others = (np.linalg.eigh(matrix + matrix.T)[1] for matrix in (first, second))
    signs = _matching_signs(axes.T @ (first - first.T) @ axes, others.T @ (second - second.T) @ others)
    for k in range(n_spectral):
        flips = signs.copy()
        flips[rng.choice(n, k // 2 * 2, replace=False) if k // 2 * 2 <= n else slice(0)] *= -1
        starts[k] = (axes * flips) @ others.T
    wanted = np.where(np.arange(n_starts) % 2 == 0, 1, -1) * np.sign(np.linalg.det(starts[0]))
    starts[:, :, 0] *= (wanted * np.sign(np.linalg.det(starts)))[:, None]
    return starts


def _matching_signs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Give signs s, of which diag(s) `second` diag(s) resembles `first` well.

    The leading eigenvector of the elementwise product holds them exactly if the two differ by signs alone
    (Perron–Frobenius).
    """
    leading = np.linalg.eigh(first * second)[1][:, -1]
    return np.where(leading < 0, -1.0, 1.0)


def _ascend(target: np.ndarray, rotated: np.ndarray) -> np.ndarray:
    """Rotate matrices (start, n, n) of unit norm towards the target, by Riemannian conjugate gradients.

    A step rotates M to R M Rᵀ with R the Cayley transform of a skew-symmetric direction; its length is
    Newton's along the geodesic, halved until the cosine grows (Absil, Mahony & Sepulchre 2008, chapter 8).
    """
    cosine = _cosine(target, rotated)
    gradient = _gradient(target, rotated)
    direction, stalled = gradient.copy(), 0
    for _ in range(N_ITERATIONS):
        slope = _inner(gradient, direction)
        uphill = slope > 0
        direction = np.where(uphill[:, None, None], direction, gradient)
        slope = np.where(uphill, slope, _inner(gradient, gradient))
        moved, ahead = _search(target, rotated, cosine, direction, slope)
        stalled = stalled + 1 if (ahead - cosine).max() < TOLERANCE else 0
        if stalled == _PATIENCE:
            break
        rotated, cosine = moved, ahead
        renewed = _gradient(target, rotated)
        momentum = _inner(renewed, renewed - gradient) / np.maximum(_inner(gradient, gradient), 1e-300)
        direction = renewed + np.maximum(momentum, 0)[:, None, None] * direction
        gradient = renewed
    return rotated


def _search(
    target: np.ndarray, rotated: np.ndarray, cosine: np.ndarray, direction: np.ndarray, slope: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give the rotated matrices after a step along the directions, and their cosines; none is lower."""
    velocity = _commutator(direction, rotated)
    curvature = _inner(target, _commutator(direction, velocity))
    size = np.sqrt(np.maximum(_inner(direction, direction), 1e-300))
    length = np.where(curvature < 0, slope / np.maximum(-curvature, 1e-300), np.inf)
    length = np.minimum(length, 1 / size)
    moved, ahead = rotated, cosine
    for _ in range(8):
        candidate = _rotate(rotated, length[:, None, None] * direction)
        value = _cosine(target, candidate)
        taken = (value > cosine) & (ahead == cosine)
        moved = np.where(taken[:, None, None], candidate, moved)
        ahead = np.where(taken, value, ahead)
        if (ahead > cosine).all():
            break
        length = length / 2
    return moved, ahead


def _rotate(matrices: np.ndarray, skew: np.ndarray) -> np.ndarray:
    """Give R M Rᵀ with R = (1 - skew / 2)⁻¹ (1 + skew / 2), which is orthogonal."""
    one = np.eye(skew.shape[-1])
    rotation = np.linalg.solve(one - skew / 2, one + skew / 2)
    return rotation @ matrices @ np.swapaxes(rotation, 1, 2)


def _gradient(target: np.ndarray, rotated: np.ndarray) -> np.ndarray:
    """Give the skew-symmetric direction in which the cosine grows fastest."""
    product = target @ np.swapaxes(rotated, 1, 2) + target.T @ rotated
    return (product - np.swapaxes(product, 1, 2)) / 2


def _commutator(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return left @ right - right @ left


def _inner(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.sum(left * right, axis=(1, 2))


def _cosine(target: np.ndarray, rotated: np.ndarray) -> np.ndarray:
    return np.sum(target * rotated, axis=(1, 2))
