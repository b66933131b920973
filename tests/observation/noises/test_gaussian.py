import numpy as np
from scipy.stats import kstest

from ctdspec.observation.noises.gaussian import Gaussian
from ctdspec.seeds import stream


def test_signals_are_rates_with_the_noise_asked_for():
    rates_hz = np.tile(np.array([0.0, 3.0, 200.0], np.float32), (100, 200, 1))
    sample = Gaussian(kind="gaussian", sd_hz=2.5).sample(rates_hz, 0.01, {}, stream(0, "gaussian"))
    assert sample.spikes is None
    assert sample.signals is not None
    assert sample.signals.dtype == np.float32
    # 2e4 values a rate: a mean or a standard deviation that is off by 0.05 sd fails with a power of 0.99.
    for i, rate_hz in enumerate((0.0, 3.0, 200.0)):
        assert kstest(sample.signals[..., i].ravel(), "norm", (rate_hz, 2.5)).pvalue > 0.001


def test_no_noise_gives_the_rates_and_one_value_is_enough():
    rates_hz = np.full((1, 1, 1), 7.0, np.float32)
    sample = Gaussian(kind="gaussian", sd_hz=0.0).sample(rates_hz, 0.01, {}, stream(0, "gaussian"))
    np.testing.assert_array_equal(sample.signals, rates_hz)


def test_the_same_stream_gives_the_same_signals():
    law, rates_hz = Gaussian(kind="gaussian", sd_hz=1.0), np.ones((3, 5, 2), np.float32)
    one, two = (law.sample(rates_hz, 0.01, {}, stream(0, "gaussian")) for _ in range(2))
    np.testing.assert_array_equal(one.signals, two.signals)
    assert law.steps_per_bin(0.01) == 1
    assert law.prepare(lambda: [], 2, 0.01, stream(0, "x")) == {}
