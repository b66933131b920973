"""What kind of memory a linear law is: its time constants, and what attractor they look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

_REAL = 1e-6
AttractorKind = Literal["none", "line", "plane", "rotation", "unstable"]


@dataclass(frozen=True)
class AttractorClass:
    """What a resting point looks like to someone who sees which modes linger.

    Attributes
    ----------
    kind
        ``none``: no slow mode, or none that stands apart. ``line``: one real slow mode. ``plane``: several
        dimensions, at least one of them real. ``rotation``: slow conjugate pairs only. ``unstable``: some
        mode grows, so that whatever attractor there is lies elsewhere (a cycle, if the mode is a pair).
    dimension : int
        Of the slow modes; 0 for ``none`` and ``unstable``.
    growing : int
        Modes that grow.
    """

    kind: AttractorKind
    dimension: int
    growing: int


def steps_of_rates(rates: np.ndarray, duration: float) -> np.ndarray:
    """Give the eigenvalues exp(μ · duration) of what happens within a duration, of those μ of a flow."""
    return np.exp(np.asarray(rates, complex) * duration)


def rates_of_steps(eigenvalues: np.ndarray, bin_s: float) -> np.ndarray:
    """Give the rates ln λ / bin_s in 1/s of the eigenvalues of a step, slowest decay (or growth) first.

    The imaginary part is the principal one; λ = 0 decays at once (−∞).
    """
    with np.errstate(divide="ignore"):
        decays = np.log(np.abs(eigenvalues)) / bin_s
    rates = decays + 1j * (np.angle(eigenvalues) / bin_s)
    return rates[np.argsort(-decays, kind="stable")]


def time_constants_s(rates: np.ndarray) -> np.ndarray:
    """Give −1 / Re μ of rates μ in 1/s: negative for modes that grow, infinite for marginal ones."""
    real = np.real(rates)
    with np.errstate(divide="ignore"):
        return np.where(real == 0, np.inf, -1 / real) + 0.0


def slowest_time_s(rates: np.ndarray) -> float:
    """Give the longest time constant of the modes that decay; infinite for a marginal one, else NaN."""
    times = time_constants_s(rates)
    return float(times[times > 0].max(initial=-np.inf)) if np.any(times > 0) else float("nan")


def line_attractor_score(rates: np.ndarray) -> float:
    """Give log2(τ₁ / τ₂) of the two slowest modes (Nair et al. 2023); NaN where it does not speak of a line.

    That is where a mode grows, where the slowest modes are a conjugate pair (τ₁ = τ₂ by symmetry, not for
    want of a line), or where there is one mode only. It is blind to planes, whose first two are alike.
    """
    slowest = np.asarray(rates)[np.argsort(-np.real(rates), kind="stable")]
    if len(slowest) < 2 or np.real(slowest[0]) >= 0 or not _is_real(slowest[:1]).all():
        return float("nan")
    times = time_constants_s(slowest[:2])
    return float(np.log2(times[0] / times[1])) if times[1] > 0 else float("inf")


def attractor_class(rates: np.ndarray, slow_s: float, gap: float = 2.0) -> AttractorClass:
    """Tell what a resting point looks like from the rates of its modes, in 1/s.

    Slow modes are those before the widest gap between neighbouring time constants among the modes that last
    `slow_s` or longer and the first that does not, if τ there falls by the factor `gap` or more. Conjugate
    pairs stand together.

    Parameters
    ----------
    rates : (mode,)
    slow_s
        How long a mode lasts to be called slow.
    gap
        How far slow modes stand apart from the others.
    """
    rates = np.asarray(rates)[np.argsort(-np.real(rates), kind="stable")]
    growing = int(np.sum(np.real(rates) > 0))
    if growing:
        return AttractorClass("unstable", 0, growing)
    times = time_constants_s(rates)
    n_slow = int(np.sum(times >= slow_s))
    after = np.append(times[1:], slow_s)  # where every mode is slow, none is there to stand apart from
    with np.errstate(divide="ignore", invalid="ignore"):
        falls = np.where(np.isinf(times) & np.isinf(after), 1.0, times / after)[:n_slow]
    if not n_slow or falls.max() < gap:
        return AttractorClass("none", 0, 0)
    dimension = int(falls.argmax()) + 1
    real = _is_real(rates[:dimension])
    kind: AttractorKind = "plane" if real.any() else "rotation"
    return AttractorClass("line" if dimension == 1 else kind, dimension, 0)


def non_normality(matrix: np.ndarray) -> float:
    """Give Henrici's departure from normality, sqrt(|A|² − Σ|λ|²) / |A| (Frobenius): 0 to 1.

    Only rotations leave it as it is. The eigenvalues of a nilpotent matrix come out of rounding; their
    squares, of which there is a sum, are still small beside |A|².
    """
    size = float(np.linalg.norm(matrix))
    if size == 0:
        return 0.0
    ratio = float(np.sum(np.abs(np.linalg.eigvals(matrix)) ** 2)) / size**2
    return float(np.sqrt(max(0.0, 1 - ratio)))


def singular_overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Give how much of the top singular vectors of `second` those of `first` hold: 0 to 1.

    Compared are the spaces of as many top vectors as `second` has singular values of at least half the
    largest, for vectors of equal singular values are any basis of their space. Root mean square cosine, mean
    of left and right; √(k/n) is chance for k vectors in n dimensions.
    """
    ours, theirs = (np.linalg.svd(matrix) for matrix in (first, second))
    k = int(np.sum(theirs[1] >= theirs[1][0] / 2))
    left = np.linalg.norm(ours[0][:, :k].T @ theirs[0][:, :k])
    right = np.linalg.norm(ours[2][:k] @ theirs[2][:k].T)
    return float((left + right) / 2 / np.sqrt(k))


def retained(step: np.ndarray, n_bins: int) -> float:
    """Give which share of a random perturbation is left after so many bins: |Mⁿ| / |1|, Frobenius."""
    power = np.linalg.matrix_power(step, n_bins)
    return float(np.linalg.norm(power) / np.sqrt(len(step)))


def _is_real(rates: np.ndarray) -> np.ndarray:
    """Say which modes do not turn, up to rounding."""
    return np.abs(np.imag(rates)) <= _REAL * np.maximum(np.abs(np.real(rates)), _REAL)
