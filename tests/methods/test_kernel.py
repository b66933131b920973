import numpy as np
import pytest

from ctdspec.methods.kernel import leave_bin_out, smooth


def test_an_impulse_becomes_a_gaussian():
    counts = np.zeros((1, 101, 1), np.uint16)
    counts[0, 50] = 3
    offsets = np.arange(101) - 50
    gaussian = np.exp(-0.5 * (offsets / 4) ** 2)
    smoothed = smooth(counts, np.ones((1, 101), bool), 4)[0, :, 0]
    assert smoothed == pytest.approx(3 * gaussian / gaussian.sum(), abs=1e-4)


@pytest.mark.parametrize("width_bins", [0.5, 3, 40, 200])
def test_spikes_are_conserved_and_trials_do_not_mix(width_bins):
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.3, (4, 50, 3)).astype(np.uint16)
    counts[1] = 0
    smoothed = smooth(counts, np.ones((4, 50), bool), width_bins)
    assert smoothed.sum(axis=1) == pytest.approx(counts.sum(axis=1), rel=1e-4)
    assert np.all(smoothed[1] == 0)


def test_a_constant_rate_stays_up_to_the_end_of_a_short_trial():
    valid = np.arange(50) < np.array([[50], [20]])
    counts = np.where(valid[:, :, None], 2, 9).astype(np.uint16)
    smoothed = smooth(counts, valid, 5)
    assert smoothed[valid] == pytest.approx(2, rel=1e-5)
    assert np.isfinite(smoothed).all()
    assert np.all(smoothed >= 0)


@pytest.mark.parametrize("width_bins", [0.7, 3.0])
def test_a_bin_is_predicted_from_the_others_alone(width_bins):
    rng = np.random.default_rng(0)
    valid = np.arange(40) < np.array([40, 25, 31])[:, None]
    counts = rng.poisson(0.4, (3, 40, 2)) * valid[..., None]
    weights = smooth(np.eye(40)[None], np.ones((1, 40), bool), width_bins)[0].astype(float)  # (to, from)
    np.fill_diagonal(weights, 0)
    for trial in range(3):
        inside = valid[trial]
        used = weights[np.ix_(inside, inside)]
        expected = (used @ counts[trial, inside]) / used.sum(axis=1, keepdims=True)
        found = leave_bin_out(counts[trial : trial + 1], valid[trial : trial + 1], width_bins)[0, inside]
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
