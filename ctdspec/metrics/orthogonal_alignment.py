"""How far apart two linear laws are when one of them may be rotated."""

from __future__ import annotations

import numpy as np

N_ITERATIONS = 1000
TOLERANCE = 1e-9
PATIENCE = 5
"""An optimisation ends when `PATIENCE` iterations in a row gained less than `TOLERANCE` in the cosine."""

_HALVINGS = 8
_TINY = 1e-300


def angular_distance(first: np.ndarray, second: np.ndarray, n_starts: int, rng: np.random.Generator) -> float:
    """Give the least angle between A and C B Cᵀ over orthogonal C, in radians from 0 to π.

    The angle is that of the Frobenius inner product: min over C in O(n) of arccos(⟨A, C B Cᵀ⟩ / (|A| |B|)), a
    distance of linear systems up to rotation and scale (Ostrow et al. 2023). Local optima are met with
    several starts: half of them from matching the axes of the symmetric parts, which is exact for a rotated
    copy, half at random; both components of the orthogonal group are searched. Matrices without structure
    have many local optima: four starts do for delay embeddings, some dozens for a random matrix.

    Parameters
    ----------
    first, second : (n, n)
    n_starts : int
        How many optimisations there are, at least two.
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
    rotated = np.array([_ascend(first, start @ second @ start.T) for start in starts])
    # arcsin of the chord keeps small angles that arccos of the cosine rounds away.
    chord = np.linalg.norm(rotated - first, axis=(1, 2)).min()
    return float(2 * np.arcsin(min(chord / 2, 1)))


def _starts(first: np.ndarray, second: np.ndarray, n_starts: int, rng: np.random.Generator) -> np.ndarray:
    """Give orthogonal matrices (start, n, n), by turns of either determinant.

    The first two match the axes of the symmetric parts; the others of the first half have some axes flipped.
    """
    n = len(first)
    starts = np.linalg.qr(rng.standard_normal((n_starts, n, n)))[0]
    axes, others = (np.linalg.eigh(matrix + matrix.T)[1] for matrix in (first, second))
    signs = _matching_signs(axes.T @ (first - first.T) @ axes, others.T @ (second - second.T) @ others)
    for k in range(max(2, n_starts // 2)):
        flips = signs.copy()
        flips[rng.choice(n, min(k // 2, n), replace=False)] *= -1
        starts[k] = (axes * flips) @ others.T
    determinants = np.linalg.slogdet(starts)[0]
    wanted = np.where(np.arange(n_starts) % 2 == 0, determinants[0], -determinants[0])
    starts[:, :, 0] *= (wanted * determinants)[:, None]
    return starts


def _matching_signs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Give signs s, of which diag(s) `second` diag(s) resembles `first` well.

    The leading eigenvector of the elementwise product holds them exactly if the two differ by signs alone
    (Perron–Frobenius).
    """
    leading = np.linalg.eigh(first * second)[1][:, -1]
    return np.where(leading < 0, -1.0, 1.0)


def _ascend(target: np.ndarray, rotated: np.ndarray) -> np.ndarray:
    """Rotate a matrix of unit norm towards the target, (n, n) both, by Riemannian conjugate gradients.

    A step rotates M to R M Rᵀ with R the Cayley transform of a skew-symmetric direction (Absil, Mahony &
    Sepulchre 2008, chapter 8); directions are combined as by Polak & Ribière.
    """
    cosine, gradient = _inner(target, rotated), _gradient(target, rotated)
    direction, stalled = gradient, 0
    for _ in range(N_ITERATIONS):
        if _inner(gradient, direction) <= 0:
            direction = gradient
        moved, ahead = _search(target, rotated, cosine, direction, _inner(gradient, direction))
        if ahead == cosine and direction is not gradient:
            direction = gradient
            continue
        stalled = stalled + 1 if ahead - cosine < TOLERANCE else 0
        if stalled == PATIENCE or ahead == cosine:
            break
        rotated, cosine = moved, ahead
        renewed = _gradient(target, rotated)
        momentum = _inner(renewed, renewed - gradient) / _inner(gradient, gradient)
        direction, gradient = renewed + max(momentum, 0) * direction, renewed
    return rotated


def _search(
    target: np.ndarray, rotated: np.ndarray, cosine: float, direction: np.ndarray, slope: float
) -> tuple[np.ndarray, float]:
    """Give the matrix after a step along the direction, and its cosine; the same matrix if none is higher.

    The first length is Newton's along the geodesic, at most a radian; it is halved until the cosine grows.
    """
    curvature = _inner(target, _commutator(direction, _commutator(direction, rotated)))
    length = 1 / np.sqrt(max(_inner(direction, direction), _TINY))
    if curvature < 0:
        length = min(length, slope / -curvature)
    for _ in range(_HALVINGS):
        moved = _rotate(rotated, length * direction)
        ahead = _inner(target, moved)
        if ahead > cosine:
            return moved, ahead
        length /= 2
    return rotated, cosine


def _rotate(matrix: np.ndarray, skew: np.ndarray) -> np.ndarray:
    """Give R M Rᵀ with R = (1 - skew / 2)⁻¹ (1 + skew / 2), which is orthogonal."""
    one = np.eye(len(skew))
    rotation = np.linalg.solve(one - skew / 2, one + skew / 2)
    return rotation @ matrix @ rotation.T


def _gradient(target: np.ndarray, rotated: np.ndarray) -> np.ndarray:
    """Give the skew-symmetric direction in which the cosine grows fastest."""
    product = target @ rotated.T + target.T @ rotated
    return (product - product.T) / 2


def _commutator(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return left @ right - right @ left


def _inner(left: np.ndarray, right: np.ndarray) -> float:
    return float(np.vdot(left, right))
