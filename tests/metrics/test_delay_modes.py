import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from ctdspec.errors import UsageError
from ctdspec.metrics.delay_modes import delay_modes

N_DELAYS, RANK = 5, 8
DSA_METRIC = np.array(
    [
        *(0.898583, 0.871927, 0.815304 + 0.173617j, 0.815304 - 0.173617j),
        *(0.785528 + 0.242215j, 0.785528 - 0.242215j, 0.689073 + 0.484228j, 0.689073 - 0.484228j),
    ]
)
"""Eigenvalues by dsa-metric 2.0.2: ``DMD(network(), n_delays=5, rank=8)``."""


def network(n_trials=20, n_bins=60, n_units=4, seed=0):
    """Trials of a noisy random network, centred nowhere in particular."""
    rng = np.random.default_rng(seed)
    weights = 1.5 * rng.standard_normal((n_units, n_units)) / np.sqrt(n_units)
    states = np.empty((n_trials, n_bins, n_units))
    now = rng.standard_normal((n_trials, n_units))
    for t in range(n_bins):
        now = 0.8 * now + 0.2 * np.tanh(now) @ weights.T + 0.1 * rng.standard_normal(now.shape)
        states[:, t] = now
    return states


def by_svd(trials, n_delays, rank):
    """Reduced-rank regression the plain way: build every window, decompose, regress."""
    windows = [
        np.lib.stride_tricks.sliding_window_view(trial, n_delays, axis=0).reshape(
            len(trial) - n_delays + 1, -1
        )
        for trial in trials
    ]
    modes = np.linalg.svd(np.concatenate(windows), full_matrices=False)[0][:, :rank]
    modes = np.split(modes, np.cumsum([len(part) for part in windows])[:-1])
    now, then = (np.concatenate([part[cut] for part in modes]) for cut in (slice(-1), slice(1, None)))
    return np.linalg.lstsq(now, then, rcond=None)[0].T


def apart(first, second):
    """Give the largest distance between eigenvalues, paired."""
    values, others = np.linalg.eigvals(first), np.asarray(second)
    others = np.linalg.eigvals(others) if others.ndim == 2 else others
    cost = np.abs(values[:, None] - others)
    return cost[linear_sum_assignment(cost)].max()


def test_eigenvalues_are_those_of_the_decomposed_windows():
    states = network()
    modes = delay_modes(states, np.ones(states.shape[:2], bool), N_DELAYS, RANK)
    for rank in (3, RANK):
        assert apart(modes.propagator(rank), by_svd(states, N_DELAYS, rank)) < 1e-9


def test_trials_may_end_early_and_padding_is_never_looked_at():
    states = network()
    lengths = np.random.default_rng(1).integers(2, 61, len(states))
    lengths[:3] = 5, 6, 7  # too short for one step, just long enough, and one more
    valid = np.arange(60) < lengths[:, None]
    spoiled = np.where(valid[:, :, None], states, np.nan)
    modes = delay_modes(spoiled, valid, N_DELAYS, RANK)
    kept = [trial[:n] for trial, n in zip(states, lengths, strict=True) if n > N_DELAYS]
    assert apart(modes.propagator(RANK), by_svd(kept, N_DELAYS, RANK)) < 1e-9


def test_eigenvalues_are_those_of_dsa_metric():
    states = network()
    found = delay_modes(states, np.ones(states.shape[:2], bool), N_DELAYS, RANK).propagator(RANK)
    assert apart(found, DSA_METRIC) < 1e-4


def test_a_noise_free_rotation_has_two_modes_and_its_own_eigenvalues():
    phase = 0.3 * np.arange(50) + np.arange(6)[:, None]
    states = np.stack([np.cos(phase), np.sin(phase)], axis=-1)
    modes = delay_modes(states, np.ones((6, 50), bool), N_DELAYS, RANK)
    assert modes.rank == 2
    assert apart(modes.propagator(2), np.exp([0.3j, -0.3j])) < 1e-9


def test_gaps_are_refused():
    states = network(3)
    valid = np.ones((3, 60), bool)
    valid[1, 7] = False
    with pytest.raises(UsageError, match="without gaps"):
        delay_modes(states, valid, N_DELAYS, RANK)


def test_trials_that_are_all_too_short_are_refused():
    states = network(3, 5)
    with pytest.raises(UsageError, match="at least 6 bins, the longest has 5"):
        delay_modes(states, np.ones((3, 5), bool), N_DELAYS, RANK)
