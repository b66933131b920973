import numpy as np
import pytest

from ctdspec.metrics.surrogates import matched_ou, phase_randomised


def coupled(n_trials=40, n_bins=101, seed=0):
    """A noisy rotation: two dimensions that lead and follow each other."""
    rng = np.random.default_rng(seed)
    turn = 0.97 * np.array([[np.cos(0.3), np.sin(0.3)], [-np.sin(0.3), np.cos(0.3)]])
    states = np.empty((n_trials, n_bins, 2))
    now = 0.41 * rng.standard_normal((n_trials, 2))  # stationary from the start
    for t in range(n_bins):
        now = now @ turn + 0.1 * rng.standard_normal(now.shape)
        states[:, t] = now
    return states + np.array([5, -3])


def lagged(states, lag):
    centred = states - states.mean(axis=(0, 1))
    return np.einsum("itk,itl->kl", centred[:, : -lag or None], centred[:, lag:]) / centred[:, lag:, 0].size


@pytest.mark.parametrize("n_bins", [100, 101])
def test_phases_change_and_spectra_stay(n_bins):
    states = coupled(n_bins=n_bins)
    made = phase_randomised(states, np.ones(states.shape[:2], bool), np.random.default_rng(0))
    assert np.abs(np.fft.rfft(made, axis=1)) == pytest.approx(np.abs(np.fft.rfft(states, axis=1)), abs=1e-9)
    assert made.mean(axis=1) == pytest.approx(states.mean(axis=1))
    # One dimension leads the other by a quarter turn; of 40 trials, chance leaves less than 0.2 of that.
    assert np.abs(lagged(made, 5)[0, 1]) < 0.2 * np.abs(lagged(states, 5)[0, 1])


def test_only_valid_bins_count():
    states = coupled()
    valid = np.arange(101) < np.random.default_rng(1).integers(20, 102, (40, 1))
    spoiled = np.where(valid[:, :, None], states, np.nan)
    made = phase_randomised(spoiled, valid, np.random.default_rng(0))
    alone = np.abs(np.fft.rfft(made[3, valid[3]], axis=0))
    assert alone == pytest.approx(np.abs(np.fft.rfft(states[3, valid[3]], axis=0)), abs=1e-9)
    assert np.isfinite(matched_ou(spoiled, valid, np.random.default_rng(0))).all()


def test_ou_has_the_covariances_of_a_linear_process():
    states = coupled(400, 200)
    made = matched_ou(states, np.ones(states.shape[:2], bool), np.random.default_rng(0))
    assert made.mean(axis=(0, 1)) == pytest.approx([5, -3], abs=0.02)
    for lag in (0, 1, 7):  # known to about 2 % from 400 trials
        assert lagged(made, lag) == pytest.approx(lagged(states, lag), abs=0.06 * lagged(states, 0)[0, 0])
    start = np.cov(made[:, 0].T)
    assert start == pytest.approx(np.cov(made[:, -1].T), abs=0.3 * start[0, 0])


def test_ou_of_growing_or_flat_data_stays_finite():
    growing = np.exp(0.1 * np.arange(50))[None, :, None] * np.ones((4, 1, 2)) * [1, 0]
    made = matched_ou(growing, np.ones((4, 50), bool), np.random.default_rng(0))
    assert np.isfinite(made).all()
    assert np.all(made[..., 1] == 0)
