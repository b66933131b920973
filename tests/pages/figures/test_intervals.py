import numpy as np

from ctdspec.pages.figures.intervals import intervals
from ctdspec.seeds import stream


def test_intervals_are_those_of_each_train_by_itself():
    spikes = (stream(0, "test").random((4, 50, 3)) < 0.2).astype(np.uint16)
    spikes[1, :, 2] = 0
    expected = [
        step
        for trial in range(4)
        for neuron in range(3)
        for step in np.diff(np.flatnonzero(spikes[trial, :, neuron]))
    ]
    assert sorted(intervals(spikes)) == sorted(expected)


def test_silence_has_none():
    assert intervals(np.zeros((2, 10, 2), np.uint16)).size == 0
