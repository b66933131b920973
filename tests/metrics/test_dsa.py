import numpy as np
import pytest

from ctdspec.errors import UsageError
from ctdspec.metrics.dsa import DsaSettings, dsa, spectral_distance

SETTINGS = DsaSettings(n_delays=5, rank=6, n_starts=4, n_splits=20)


def turning(angle, seed, n_trials=60, n_bins=80):
    """A noisy rotation in a plane, beside a noisy decay."""
    rng = np.random.default_rng(seed)
    law = np.zeros((3, 3))
    law[:2, :2] = 0.98 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    law[2, 2] = 0.9
    states = np.empty((n_trials, n_bins, 3))
    now = rng.standard_normal((n_trials, 3)) * (0.5, 0.5, 0.23)  # stationary from the start
    for t in range(n_bins):
        now = now @ law.T + 0.1 * rng.standard_normal(now.shape)
        states[:, t] = now
    return states


TRUE = turning(0.2, 0)
VALID = np.ones(TRUE.shape[:2], bool)


def compared(states, true=TRUE, valid=VALID):
    return dsa(true, states, valid, SETTINGS, np.random.default_rng(0))


@pytest.fixture(scope="module")
def itself():
    return compared(turning(0.2, 1))


def test_another_run_of_the_same_system_is_at_the_floor(itself):
    for name in ("dsa_angular", "dsa_spectral"):
        assert itself[name].value < itself[name].floor.high


def test_another_system_is_above_the_floor_and_the_first_is_below_the_nulls(itself):
    other = compared(turning(0.5, 1))
    for name in ("dsa_angular", "dsa_spectral"):
        assert other[name].value > 3 * other[name].floor.high
        assert itself[name].nulls["phase"] > itself[name].value


def test_rotated_moved_and_scaled_copies_are_no_distance_away():
    turn = np.linalg.qr(np.random.default_rng(2).standard_normal((3, 3)))[0]
    for found in compared(2 * TRUE @ turn + 7).values():
        assert found.value < 1e-6


def test_it_is_blind_to_the_arrow_of_time():
    # The documented limit, which `flow_agreement` makes good: reversed trials look like the same system.
    reversed_ = compared(turning(0.2, 1)[:, ::-1])
    assert reversed_["dsa_spectral"].value < reversed_["dsa_spectral"].floor.high


def test_fewer_dimensions_are_compared_at_the_rank_that_both_have():
    phase = 0.3 * np.arange(80) + np.arange(60)[:, None]
    circle = np.stack([np.cos(phase), np.sin(phase)], axis=-1)
    found = compared(circle)
    assert np.isfinite(found["dsa_angular"].value)
    assert compared(np.concatenate([circle, circle], axis=2), circle)["dsa_angular"].value < 1e-6


def test_one_trial_has_no_floor():
    with pytest.raises(UsageError, match="at least two trials"):
        compared(TRUE[:1], TRUE[:1], VALID[:1])


def test_spectral_distance_is_the_squared_shift_of_the_nearest_pairing():
    first, second = np.diag([0.1, 0.5, 0.9]), np.diag([0.95, 0.15, 0.55])
    assert spectral_distance(first, second) == pytest.approx(0.05**2)
    turn = 0.9 * np.array([[0, -1.0], [1, 0]])
    assert spectral_distance(turn, np.zeros((2, 2))) == pytest.approx(0.81)
