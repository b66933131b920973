"""Conway–Maxwell–Poisson laws of one Fano factor, solved on a grid of means and tabulated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

MOST_EXPECTED = 100
"""Largest mean that is tabulated."""

_EXCESS = 1e-3
"""Share of the variance that choosing between neighbours of the grid may add."""

_GUIDES = 32


def least_fano(mean: np.ndarray) -> np.ndarray:
    """Give the least Fano factor of whole numbers of this mean; 0 where the mean is 0."""
    part = mean - np.floor(mean)
    return np.divide(part * (1 - part), mean, out=np.zeros_like(part), where=mean > 0)


@dataclass(frozen=True)
class Laws:
    """The tabulated laws of one Fano factor.

    The means from n to n + 1 form three pieces: below, in and above the gap in which no whole numbers have
    this Fano factor (it may be empty). Each piece is a grid of its own, whose nodes are rows of the table; in
    the gap the nodes are n and n + 1 spikes for sure.

    Attributes
    ----------
    gap : (2, n)
        Where the gap begins and ends, above n.
    start, per_unit, row : (3 n,)
        Of each piece: where it begins, above n; cells per unit of the mean; its first row.
    distribution : (entry,)
        The distribution functions of all rows, one after the other, each over its own support.
    guide : (row × 32,)
        For each row, and each 32nd of the unit interval, the first entry that can be the answer there.
    zero : (row,)
        The entry that would stand for a count of 0.
    """

    gap: np.ndarray
    start: np.ndarray
    per_unit: np.ndarray
    row: np.ndarray
    distribution: np.ndarray
    guide: np.ndarray
    zero: np.ndarray

    def draw(self, mean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw counts (bin,) int64 of means (bin,) float64, by inverting the law of a neighbouring node."""
        row = self._rows(mean, rng)
        draw = rng.random(len(mean))
        at = self.guide[row * _GUIDES + (draw * _GUIDES).astype(np.int64)]
        left = np.flatnonzero(draw >= self.distribution[at])
        while len(left):
            at[left] += 1
            left = left[draw[left] >= self.distribution[at[left]]]
        return at - self.zero[row]

    def _rows(self, mean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Choose for each mean one of the two nodes beside it, so that their means average to it."""
        n = mean.astype(np.int64)
        part = mean - n
        piece = 3 * n + (part > self.gap[0, n]) + (part >= self.gap[1, n])
        place = (part - self.start[piece]) * self.per_unit[piece]
        node = place.astype(np.int64)
        return self.row[piece] + node + (rng.random(len(mean)) < place - node)


@dataclass(frozen=True)
class _Piece:
    """One piece of the means from n to n + 1; its rows are (first count, probabilities from there on)."""

    start: float
    per_unit: float
    rows: list[tuple[int, np.ndarray]]


@lru_cache(maxsize=16)
def tabulate(fano: float, n_units: int) -> Laws:
    """Give the laws of a Fano factor in (0, 1) for means in [0, n_units)."""
    pieces = [piece for n in range(n_units) for piece in _pieces(fano, n)]
    rows = [row for piece in pieces for row in piece.rows]
    sizes = np.array([len(law) for _, law in rows])
    begin = np.cumsum(sizes) - sizes
    n_rows = np.array([len(piece.rows) for piece in pieces])
    functions = [np.append(np.cumsum(law[:-1]), 1.0) for _, law in rows]
    parts = np.arange(_GUIDES) / _GUIDES
    guides = [np.searchsorted(function, parts, side="right") for function in functions]
    return Laws(
        gap=np.array([_gap(fano, n) for n in range(n_units)]).T.copy(),
        start=np.array([piece.start for piece in pieces]),
        per_unit=np.array([piece.per_unit for piece in pieces]),
        row=np.cumsum(n_rows) - n_rows,
        distribution=np.concatenate(functions),
        guide=(np.array(guides) + begin[:, None]).reshape(-1),
        zero=begin - np.array([first for first, _ in rows]),
    )


def _pieces(fano: float, n: int) -> tuple[_Piece, _Piece, _Piece]:
    gap = _gap(fano, n)
    sure = _Piece(0.0, 1.0, [(n, np.ones(1)), (n + 1, np.ones(1))])
    return _solved(fano, n, 0.0, min(gap[0], 1.0)), sure, _solved(fano, n, min(gap[1], 1.0), 1.0)


def _gap(fano: float, n: int) -> tuple[float, float]:
    """Give the f between which f(1 − f) > fano × (n + f); both above 1 if there are none."""
    discriminant = (1 - fano) ** 2 - 4 * fano * n
    if discriminant <= 0:
        return 2.0, 2.0
    middle, half = (1 - fano) / 2, np.sqrt(discriminant) / 2
    return middle - half, middle + half


def _solved(fano: float, n: int, start: float, end: float) -> _Piece:
    """Give the laws of means from n + start to n + end, so close that neighbours can replace what is between.

    The mixture of two laws that are h apart and weigh w and 1 − w adds w(1 − w)h² ≤ h²/4 to their variance.
    """
    if end == 0:
        return _Piece(0.0, 0.0, [(0, np.ones(1))])
    widest = np.sqrt(4 * _EXCESS * fano * (n + start))
    n_cells = int(np.ceil((end - start) / widest))
    above = np.linspace(start, end, n_cells + 1)
    first, laws = _laws(n, above, fano * (n + above))
    return _Piece(start, n_cells / (end - start) if n_cells else 0.0, [(first, law) for law in laws])


def _laws(n: int, above: np.ndarray, variance: np.ndarray) -> tuple[int, np.ndarray]:
    """Solve the laws of means n + `above`, 0 ≤ above ≤ 1, and of the given variances (node,).

    In ``p(k) ∝ exp(θ(k − n) − ν c(k))`` with ``c(k) = log(k!) − log(n!) − (k − n) log(n + 1)``, c is 0 at n
    and n + 1 and positive elsewhere, so that θ stays moderate while ν grows towards the least variance. For a
    given mean the variance falls with ν, which is bisected.

    Returns
    -------
    first, laws
        The first count of the support, and the probabilities (node, count).
    """
    margin = 3 + int(np.ceil(9 * np.sqrt(variance.max())))
    k = np.arange(max(0, n - margin), n + 2 + margin)
    steps = np.cumsum(np.log(np.maximum(k, 1) / (n + 1)))
    curvature = steps - steps[n - k[0]]
    low, high = np.zeros(len(above)), np.full(len(above), np.log(60.0 * (n + 2)))
    theta = np.zeros(len(above))
    laws = np.empty((len(above), len(k)))
    for _ in range(45):
        middle = (low + high) / 2
        theta, laws = _tilted(theta, np.exp(middle), k - n, curvature, above)
        wide = laws @ (k - n) ** 2.0 - above**2 > variance
        low, high = np.where(wide, middle, low), np.where(wide, high, middle)
    return int(k[0]), laws


def _tilted(
    theta: np.ndarray, nu: np.ndarray, offset: np.ndarray, curvature: np.ndarray, mean: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find the θ (node,) with which the means are right, by Newton's steps; give them and the laws.

    `offset` and `curvature` (count,) are k − n and c(k); `mean` is wanted of the offset.
    """
    laws = np.empty((len(theta), len(offset)))
    for _ in range(100):
        exponent = theta[:, None] * offset - nu[:, None] * curvature
        laws = np.exp(exponent - exponent.max(axis=1, keepdims=True))
        laws /= laws.sum(axis=1, keepdims=True)
        found = laws @ offset
        error = mean - found
        if np.abs(error).max() < 1e-12:
            break
        theta = theta + np.clip(error / (laws @ offset**2.0 - found**2), -1, 1)
    return theta, laws
