from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import kstest

from ctdspec.errors import DatasetError
from ctdspec.seeds import stream
from ctdspec.store import spike_times as module
from ctdspec.store.fired import Fired
from ctdspec.store.spike_times import Clock, spike_times

BIN_S = (0.001, 0.005, 0.01, 0.02, 1 / 60, 0.0001, 1.0)


@settings(max_examples=150)
@given(
    counts=arrays(np.uint16, st.tuples(st.integers(1, 8), st.integers(1, 40)), elements=st.integers(0, 60)),
    bin_s=st.sampled_from(BIN_S),
)
def test_binning_gives_the_counts_back(counts: np.ndarray, bin_s: float) -> None:
    times = spike_times(Fired.of(counts), Clock.of(bin_s), stream(0, "test"))
    edges = np.arange(counts.size + 1) * bin_s
    np.testing.assert_array_equal(np.histogram(times, edges)[0], counts.reshape(-1))
    assert (np.diff(times) > 0).all()


@pytest.mark.parametrize("bin_s", BIN_S)
def test_times_stay_clear_of_the_edges_in_exact_arithmetic(bin_s: float) -> None:
    clock = Clock.of(bin_s)
    n_bins = 50_000_000 // clock.ticks_per_bin
    bins = np.array([0, 1, 7, n_bins // 3, n_bins - 1])
    for b in bins.tolist():
        first = int(clock.first_ticks(np.array([b]))[0])
        last = first + clock.ticks_per_bin - 1
        quarter = Fraction(clock.tick_s) / 4 * Fraction(999, 1000)
        assert first * Fraction(clock.tick_s) - b * Fraction(bin_s) > quarter
        assert (b + 1) * Fraction(bin_s) - last * Fraction(clock.tick_s) > quarter


def test_times_are_whole_ticks() -> None:
    times = spike_times(Fired.of(np.full((3, 5), 4, np.uint16)), Clock.of(0.01), stream(0, "test"))
    assert Clock.of(0.01).tick_s == 2**-16
    np.testing.assert_array_equal(times * 2**16 % 1, 0)


def test_a_bin_can_be_filled_to_the_last_tick() -> None:
    clock = Clock.of(0.001)
    counts = np.full((2, 3), clock.ticks_per_bin, np.uint16)
    times = spike_times(Fired.of(counts), clock, stream(0, "test"))
    np.testing.assert_array_equal(np.floor(times / 0.001).astype(int), np.repeat(np.arange(6), counts[0, 0]))
    with pytest.raises(DatasetError, match=r"room for \d+ distinct times"):
        spike_times(Fired.of(counts + np.uint16(1)), clock, stream(0, "test"))


def test_too_long_a_recording_is_refused() -> None:
    with pytest.raises(DatasetError, match="too long for exact spike times"):
        spike_times(Fired.of(np.zeros((2, 5), np.uint16)), Clock(1.0, 45), stream(0, "test"))


def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = np.random.Generator(np.random.PCG64(2)).poisson(1.5, (20, 50)).astype(np.uint16)
    whole = spike_times(Fired.of(counts), Clock.of(0.01), stream(0, "test"))
    monkeypatch.setattr(module, "_BLOCK_BINS", 7)
    np.testing.assert_array_equal(spike_times(Fired.of(counts), Clock.of(0.01), stream(0, "test")), whole)


@pytest.mark.parametrize("n", [1, 3])
def test_spikes_are_uniform_inside_their_bins(n: int) -> None:
    # 3e4 spikes: an excess of 2 % of the spikes on one side of the bin fails with a power of 0.99.
    counts = np.full((10, 3000 // n), n, np.uint16)
    phases = spike_times(Fired.of(counts), Clock.of(0.01), stream(0, "uniform")) / 0.01 % 1
    assert kstest(phases + np.linspace(-1e-9, 1e-9, len(phases)), "uniform").pvalue > 0.001


def test_no_spikes_no_times() -> None:
    assert len(spike_times(Fired.of(np.zeros((4, 5), np.uint16)), Clock.of(0.01), stream(0, "test"))) == 0
