import numpy as np
import pytest

from ctdspec.spec.digest import digest
from ctdspec.trials import TrialCounts, last_bins

COUNTS = {"train": 4, "val": 2, "test": 2}


def test_last_bins_are_those_of_each_trial():
    valid = np.arange(6) < np.array([[6], [4], [2]])
    assert last_bins(valid, 2).astype(int).tolist() == [
        [0, 0, 0, 0, 1, 1],
        [0, 0, 1, 1, 0, 0],
        [1, 1, 0, 0, 0, 0],
    ]
    assert not last_bins(valid, 0).any()


def test_a_whole_number_of_bins_shorter_than_the_trial():
    assert TrialCounts(**COUNTS).forward_bins(0.01) == 0
    counts = TrialCounts(**COUNTS, forward_s=0.3)
    assert counts.forward_bins(0.1) == 3, "0.3 / 0.1 is a little less than 3"
    counts.ensure_fits(0.1, 4)
    for bin_s, n_bins, told in ((0.2, 4, "whole number of bins"), (0.1, 3, "the whole trial")):
        with pytest.raises(ValueError, match=told):
            counts.ensure_fits(bin_s, n_bins)


def test_left_out_it_is_left_out_of_the_digest():
    assert digest(TrialCounts(**COUNTS)) == digest(TrialCounts(**COUNTS, forward_s=None))
    assert digest(TrialCounts(**COUNTS)) != digest(TrialCounts(**COUNTS, forward_s=0.1))
