"""The trials of a benchmark: how many, and how much of them the test recording shows."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ctdspec.spec.node import Node


class TrialCounts(Node):
    """How many trials each split has."""

    train: int = Field(ge=2, le=1_000_000)
    """Trials to fit on."""
    val: int = Field(ge=2, le=1_000_000)
    """Trials to choose hyper-parameters on."""
    test: int = Field(ge=2, le=1_000_000)
    """Trials to be scored on; their held-out neurons are hidden."""
    order: Literal["sequential", "interleaved"] = "sequential"
    """`sequential`: the splits follow each other. `interleaved`: each trial of the session is of a random
    split, so that what drifts or is lost during the session does so in all of them."""
    forward_s: float | None = Field(default=None, gt=0, le=1000)
    """The recording of each test trial ends so many seconds before the trial does, a whole number of bins;
    what neurons do there is to be predicted, which fp_bps scores. Left out for whole trials."""

    @property
    def total(self) -> int:
        """All trials."""
        return self.train + self.val + self.test

    def forward_bins(self, bin_s: float) -> int:
        """Give the bins that are to be predicted at the end of each test trial; 0 for none."""
        return 0 if self.forward_s is None else round(self.forward_s / bin_s)

    def ensure_fits(self, bin_s: float, n_bins: int) -> None:
        """Make sure that `forward_s` is a whole number of bins, and shorter than the longest trial.

        Raises
        ------
        ValueError
            If it is not.
        """
        if self.forward_s is None:
            return
        n_forward = self.forward_bins(bin_s)
        if n_forward < 1 or not np.isclose(n_forward * bin_s, self.forward_s, rtol=1e-9, atol=0):
            raise ValueError(
                f"{self.forward_s:g} s are no whole number of bins of {bin_s:g} s; give a multiple of the bin"
            )
        if n_forward >= n_bins:
            raise ValueError(
                f"{self.forward_s:g} s are the whole trial, which has {n_bins * bin_s:g} s; leave some to"
                " predict from"
            )


def last_bins(valid: np.ndarray, n_bins: int) -> np.ndarray:
    """Give the last bins of each trial, (trial, time) bool.

    Parameters
    ----------
    valid : (trial, time) bool
        The bins of each trial, which follow each other from the first one.
    n_bins : int
        How many; every trial has as many at least.
    """
    lengths = valid.sum(axis=1)
    return valid & (np.arange(valid.shape[1]) >= lengths[:, None] - n_bins)
