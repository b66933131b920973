import numpy as np
import pytest

from ctdspec.metrics.ceilings.oracle import expected_bits, reached_bits


def rates(seed=0):
    rng = np.random.default_rng(seed)
    rates_hz = 30 * np.exp(np.cumsum(0.3 * rng.standard_normal((20, 60, 5)), axis=1))
    return rates_hz, rng.random((20, 60, 5)) < 0.8


def test_spikes_drawn_again_and_again_have_the_mean_and_the_sd():
    rates_hz, seen = rates()
    expected = expected_bits(rates_hz, seen, 0.01)
    rng = np.random.default_rng(1)
    drawn = [reached_bits(rates_hz, rng.poisson(rates_hz * 0.01), seen, 0.01) for _ in range(400)]
    # 400 draws know the mean to sd / 20 and the sd to 3.5 %.
    assert np.mean(drawn) == pytest.approx(expected.mean, abs=expected.sd / 5)
    assert np.std(drawn) == pytest.approx(expected.sd, rel=0.12)


def test_two_rates_by_hand():
    # Half the bins at 3 spikes, half at 1: (3 log2(3/2) + log2(1/2)) / 4.
    rates_hz = np.array([[[300.0], [100.0]]])
    bits = expected_bits(rates_hz, np.ones((1, 2, 1), bool), 0.01)
    assert bits.mean == pytest.approx((3 * np.log2(1.5) - 1) / 4)


def test_constant_rates_are_worth_nothing_and_silence_is_not_defined():
    seen = np.ones((2, 3, 1), bool)
    assert expected_bits(np.full((2, 3, 4), 7.0), seen, 0.01).mean == 0
    assert np.isnan(expected_bits(np.zeros((2, 3, 4)), seen, 0.01).mean)


def test_unseen_bins_do_not_count():
    rates_hz, seen = rates()
    spoiled = np.where(seen, rates_hz, 1e6)
    assert expected_bits(spoiled, seen, 0.01) == expected_bits(rates_hz, seen, 0.01)
