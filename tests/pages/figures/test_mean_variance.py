import numpy as np
import pytest

from ctdspec.benchmark import load
from ctdspec.pages.figures.mean_variance import mean_and_variance
from ctdspec.pages.repeats import Repeats
from ctdspec.seeds import stream


def repeats(rates_hz: np.ndarray, counts: np.ndarray, **more: np.ndarray) -> Repeats:
    return Repeats(load("lorenz"), {"rates_hz": rates_hz, "spikes": counts, **more}, n_conditions=2)


def test_it_is_numpys_mean_and_variance_over_trials():
    rng = stream(0, "test")
    rates_hz = np.tile(rng.random((2, 8, 3)) * 50, (30, 1, 1))
    counts = rng.poisson(rates_hz * 0.01).astype(np.uint16)
    mean, variance = mean_and_variance(repeats(rates_hz, counts), 4)
    assert mean.shape == variance.shape == (4, 3), "two trajectories of two windows: each a group"
    for neuron in range(3):
        expected = [
            (rates_hz[c, w : w + 4, neuron].sum(), of.mean(), of.var(ddof=1))
            for c in range(2)
            for w in (0, 4)
            for of in [counts[c::2, w : w + 4, neuron].sum(axis=1).astype(float)]
        ]
        expected.sort()
        np.testing.assert_allclose(mean[:, neuron], [m for _, m, _ in expected])
        np.testing.assert_allclose(variance[:, neuron], [v for _, _, v in expected])


def test_trials_after_a_loss_do_not_count():
    rng = stream(1, "test")
    rates_hz = np.full((40, 4, 2), 300.0)
    counts = rng.poisson(3.0, rates_hz.shape).astype(np.uint16)
    observed = np.ones((40, 2), bool)
    observed[20:, 0] = False
    observed[1:, 1] = False
    counts[~np.broadcast_to(observed[:, None], counts.shape)] = 0
    mean, _ = mean_and_variance(repeats(rates_hz, counts, observed=observed), 2)
    np.testing.assert_allclose(mean[:, 0].mean(), counts[:20, :, 0].reshape(20, 2, 2).sum(axis=2).mean())
    assert np.isnan(mean[:, 1]).any(), "a neuron that was lost at once has no mean over trials"


@pytest.mark.parametrize("fano", [1, 3])
def test_dots_lie_where_the_law_says(fano):
    rng = stream(2, "test")
    rates_hz = np.tile(rng.random((2, 40, 20)) * 100, (200, 1, 1))
    expected = rates_hz * 0.01
    counts = rng.poisson(expected if fano == 1 else rng.gamma(expected / (fano - 1), fano - 1))
    mean, variance = mean_and_variance(repeats(rates_hz, counts.astype(np.uint16)), 10)
    # 20 neurons × 8 windows × 200 trials: the ratio has a standard error of 1 % (Poisson) to 2 %.
    assert abs(variance.sum() / mean.sum() - fano) < 0.08 * fano
