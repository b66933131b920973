"""How much a method's score depends on its seed, kept apart from how much it depends on the test trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctdspec.errors import UsageError
from ctdspec.metrics.bootstrap import Estimate


@dataclass(frozen=True)
class OverSeeds:
    """The scores of one method with several seeds on one dataset.

    Attributes
    ----------
    mean : Estimate
        Mean over the seeds; its interval is over test trials, for these very seeds.
    n_seeds : int
    seed_sd : float
        Standard deviation of the scores between seeds.
    trial_sd : float
        Standard deviation of the mean over resamples of the test trials.
    total_sd : float
        Of one run with another seed on other test trials: ``sqrt(seed_sd² + trial_sd²)``.
    """

    mean: Estimate
    n_seeds: int
    seed_sd: float
    trial_sd: float
    total_sd: float


def over_seeds(estimates: Sequence[Estimate]) -> OverSeeds:
    """Combine the scores of several seeds, all of the same metric and with the same resamples of the trials.

    Raises
    ------
    UsageError
        If there are fewer than two, or their resamples differ in number.
    """
    if len(estimates) < 2:
        raise UsageError(
            f"{len(estimates)} seed says nothing about the spread between seeds; run at least two"
        )
    resamples = [found.resamples for found in estimates if found.resamples is not None]
    if len(resamples) != len(estimates) or len({len(values) for values in resamples}) != 1:
        raise UsageError(
            "seeds: the estimates are not of the same resamples; take all from"
            " `ctdspec.metrics.score.estimates`"
        )
    values, means = np.array([found.value for found in estimates]), np.mean(resamples, axis=0)
    seed_sd, trial_sd = float(values.std(ddof=1)), float(means.std(ddof=1))
    mean = Estimate.from_resamples(np.concatenate([[values.mean()], means]))
    return OverSeeds(mean, len(estimates), seed_sd, trial_sd, float(np.hypot(seed_sd, trial_sd)))
