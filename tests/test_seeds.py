import numpy as np

from ctdspec.seeds import stream


def test_a_stream_is_reproducible_and_its_own():
    keys = [(0, "task", 0), (1, "task", 0), (0, "noise", 0), (0, "task", 1)]
    draws = [stream(*key).random(1000) for key in keys]
    for i, key in enumerate(keys):
        np.testing.assert_array_equal(draws[i], stream(*key).random(1000))
        for other in draws[:i]:
            # |r| of 1000 independent pairs exceeds 0.15 with probability 2e-6
            assert abs(np.corrcoef(draws[i], other)[0, 1]) < 0.15


def test_streams_are_the_released_ones():
    # A change here changes every dataset ever made.
    assert stream(0, "task").integers(2**32, size=3).tolist() == [2236143520, 2684357045, 1554118266]
