"""How far apart the shapes of two sets of trajectories are."""

from __future__ import annotations

import numpy as np

from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.case import Case
from ctdspec.metrics.linear_map import all_moments, moments_by_fold
from ctdspec.metrics.metric import Group, Metric
from ctdspec.metrics.pair import Pair

_TRIALS_AT_ONCE = 16


def procrustes_scores(test: Pair, weights: np.ndarray) -> dict[str, Estimate]:
    """Measure the angle between latents and states, after the best shift, scale and rotation.

    Parameters
    ----------
    test : Pair
        True latents, and states; the dimensions may differ in number.
    weights : (1 + resample, trial)
        From `trial_weights`. The rotation and the centres stay those of all trials.

    Returns
    -------
    ``procrustes_angle``: arccos of the nuclear norm of XᵀY, both of unit Frobenius norm, in radians from 0 to
    π/2; a metric between shapes (Williams et al. 2021). NaN if either does not vary.
    """
    n_true = test.true.shape[2]
    moments = all_moments(moments_by_fold((test.true, test.inferred), test.valid))
    left, _, right = np.linalg.svd(moments.covariance[:n_true, n_true:], full_matrices=False)
    sums = np.zeros((3, len(test.valid)))
    for start in range(0, len(test.valid), _TRIALS_AT_ONCE):
        block = slice(start, start + _TRIALS_AT_ONCE)
        counted = test.valid[block, :, None]
        x = np.where(counted, test.true[block] - moments.mean[:n_true], 0)
        y = np.where(counted, test.inferred[block] - moments.mean[n_true:], 0)
        sums[:, block] = [
            np.einsum("itk,itk->i", first, second)
            for first, second in ((x, x), (y, y), (x @ left, y @ right.T))
        ]
    of_true, of_inferred, of_both = (weights @ part for part in sums)
    norm = np.sqrt(of_true * of_inferred)
    cosine = np.divide(of_both, norm, out=np.full(len(norm), np.nan), where=norm > 0)
    return {"procrustes_angle": Estimate.from_resamples(np.arccos(np.clip(cosine, -1, 1)))}


def _scores(case: Case) -> dict[str, Estimate]:
    _, test = case.pairs(lambda truth: truth.latents, lambda answer: answer.states)
    return procrustes_scores(test, case.weights)


PROCRUSTES = Group(
    (
        Metric(
            id="procrustes_angle",
            version=1,
            title="Procrustes angle",
            needs=frozenset({"states"}),
            direction="lower",
            low=0,
            high=float(np.pi / 2),
            unit="rad",
            summary="Angle between the true latents and the inferred states as trajectories, after the best "
            "shift, rotation and common scale.",
            invariant_to="shifts, rotations and a common scale of the states",
            fooled_by="geometry only: leading components decide it",
        ),
    ),
    _scores,
)
"""Distance of shapes."""
