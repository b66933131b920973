"""The principal components of the true latents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.metrics.linear_map import Moments, moments_by_fold

N_DRAWN = 3


@dataclass(frozen=True)
class PrincipalAxes:
    """The directions in which the true latents of the train trials vary most.

    Attributes
    ----------
    mean : (latent,) float64
    axes : (latent, component) float64
        Orthonormal columns, by falling variance. The largest entry of each is positive, so that pictures do
        not flip.
    shares : (component,) float64
        Share of the total variance of each; zeros if nothing varies.
    """

    mean: np.ndarray
    axes: np.ndarray
    shares: np.ndarray

    @classmethod
    def fit(cls, latents: np.ndarray, valid: np.ndarray) -> PrincipalAxes:
        """Fit to the valid bins (trial, time) of latents (trial, time, latent)."""
        moments = total(moments_by_fold((latents,), valid))
        variances, axes = np.linalg.eigh(moments.covariance)
        variances, axes = np.maximum(variances[::-1], 0), axes[:, ::-1]
        largest = np.abs(axes).argmax(axis=0)
        axes = axes * np.sign(axes[largest, np.arange(axes.shape[1])])
        return cls(moments.mean, axes, variances / (variances.sum() or 1.0))

    def n_for(self, share: float) -> int:
        """Give how many components together have this share of the variance."""
        return min(int(np.searchsorted(self.shares.cumsum(), share)) + 1, len(self.shares))

    def project(self, latents: np.ndarray) -> np.ndarray:
        """Give the first `N_DRAWN` components (…, component) of latents (…, latent), or all if fewer."""
        return (latents - self.mean) @ self.axes[:, :N_DRAWN]


def total(folds: list[Moments]) -> Moments:
    """Add up the moments of all folds."""
    summed = folds[0]
    for fold in folds[1:]:
        summed += fold
    return summed
