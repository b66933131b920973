import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctdspec.metrics.bootstrap import trial_weights
from ctdspec.metrics.ctdb import inferred_r2, truncated_readout_r2
from ctdspec.metrics.cycle import LOG_RATE_ERROR, cycle_scores
from ctdspec.metrics.pair import Pair
from ctdspec.metrics.procrustes import procrustes_scores

N_TRAIN, N_TEST, N_BINS, N_STATES, N_NEURONS = 50, 20, 40, 4, 12
RNG = np.random.default_rng(0)
STATES = np.cumsum(RNG.standard_normal((N_TRAIN + N_TEST, N_BINS, N_STATES)), axis=1) / 5
READOUT = RNG.standard_normal((N_STATES, N_NEURONS))
VALID = np.arange(N_BINS) < RNG.integers(20, N_BINS + 1, (N_TRAIN + N_TEST, 1))
WEIGHTS = trial_weights(N_TEST, np.random.default_rng(1), 200)


def pairs(true, inferred):
    cut = slice(None, N_TRAIN), slice(N_TRAIN, None)
    arrays = [array.astype(np.float32) for array in (true, inferred)]
    return tuple(Pair(*(array[part] for array in arrays), VALID[part]) for part in cut)


def cycle(states, logs):
    return cycle_scores(*pairs(states, logs), WEIGHTS)["cycle_consistency"].value


def junk(n, seed=2):
    return np.random.default_rng(seed).standard_normal((*STATES.shape[:2], n))


def test_states_that_make_the_rates_are_consistent():
    assert cycle(STATES, STATES @ READOUT + 1) > 0.999


def test_states_that_never_reach_a_neuron_cost_their_share_in_any_units():
    logs = STATES @ READOUT
    found = [cycle(np.concatenate([STATES, size * junk(2)], axis=2), logs) for size in (1e-3, 1, 1e3)]
    # Four of six directions reach the neurons; test trials vary some 10 % more than train trials.
    assert found[1] == pytest.approx(4 / 6, abs=0.06)
    assert found == pytest.approx([found[1]] * 3, abs=1e-4)


def test_random_states_and_rates_of_other_trials_are_not_consistent():
    logs = STATES @ READOUT
    assert cycle(junk(4), logs) < 0.02
    others = np.concatenate([np.roll(logs[:N_TRAIN], 1, axis=0), np.roll(logs[N_TRAIN:], 1, axis=0)])
    assert cycle(STATES, others) < 0.1


def test_a_readout_too_faint_to_be_seen_is_none():
    faint = LOG_RATE_ERROR / 100 * STATES @ READOUT
    assert cycle(STATES, faint) < 0.02


def test_the_error_of_the_rates_is_what_noise_on_them_costs():
    scale = 0.03
    logs = scale * STATES @ READOUT
    noisy = logs + LOG_RATE_ERROR * np.random.default_rng(3).standard_normal(logs.shape)
    train, test = pairs(STATES, noisy)
    x, y = train.inferred[train.valid].astype(float), train.true[train.valid].astype(float)
    centre, values = y.mean(axis=0), np.linalg.inv(np.linalg.cholesky(np.cov(y.T))).T
    weights = np.linalg.lstsq(np.c_[x, np.ones(len(x))], (y - centre) @ values, rcond=None)[0]
    wanted = (test.true[test.valid] - centre) @ values
    error = wanted - np.c_[test.inferred[test.valid], np.ones(test.valid.sum())] @ weights
    expected = 1 - np.sum(error**2) / np.sum((wanted - wanted.mean(axis=0)) ** 2)
    assert cycle(STATES, logs) == pytest.approx(expected, abs=0.02)
    assert 0.3 < expected < 0.99


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), log_scale=st.floats(-2, 2))
def test_invertible_maps_of_the_states_change_nothing(seed, log_scale):
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.standard_normal((N_STATES, N_STATES)))[0] for _ in range(2))
    mixed = STATES @ (left * np.logspace(0, log_scale, N_STATES) @ right) + rng.standard_normal(N_STATES)
    logs = STATES[..., :3] @ READOUT[:3]
    assert cycle(mixed, logs) == pytest.approx(cycle(STATES, logs), abs=1e-4)


def angle(true, inferred):
    return procrustes_scores(pairs(true, inferred)[1], WEIGHTS)["procrustes_angle"]


def test_the_angle_is_that_of_scipy():
    from scipy.spatial import procrustes

    states = STATES + 0.5 * junk(N_STATES)
    test = VALID[N_TRAIN:]
    disparity = procrustes(STATES[N_TRAIN:][test], states[N_TRAIN:][test])[2]
    found = angle(STATES, states)
    assert np.sin(found.value) ** 2 == pytest.approx(disparity, abs=1e-5)
    assert found.low < found.value < found.high


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), log_scale=st.floats(-3, 3))
def test_rotations_shifts_and_scale_keep_the_angle(seed, log_scale):
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((N_STATES, N_STATES)))[0]
    moved = 10**log_scale * ((STATES + 0.5 * junk(N_STATES)) @ turn + rng.standard_normal(N_STATES))
    assert angle(STATES, moved).value == pytest.approx(angle(STATES, STATES + 0.5 * junk(4)).value, abs=1e-5)
    assert angle(moved, STATES).value == pytest.approx(angle(STATES, moved).value, abs=1e-5)


def test_the_angle_sees_stretching_and_takes_other_dimensions():
    assert angle(STATES, STATES * [1, 1, 1, 5]).value > 0.3
    padded = np.concatenate([STATES, np.zeros((*STATES.shape[:2], 2))], axis=2)
    assert angle(STATES, padded).value == pytest.approx(0, abs=1e-3)
    assert np.isnan(angle(STATES, np.ones_like(STATES)).value)


def test_ctdb_definitions_agree_with_least_squares_and_the_singular_values():
    from sklearn.linear_model import LinearRegression
    from sklearn.metrics import r2_score

    states = STATES + 0.5 * junk(N_STATES)
    train, test = pairs(STATES, states)
    fitted = LinearRegression().fit(train.true[train.valid], train.inferred[train.valid])
    expected = r2_score(
        test.inferred[test.valid], fitted.predict(test.true[test.valid]), multioutput="variance_weighted"
    )
    assert inferred_r2(train, test, WEIGHTS).value == pytest.approx(expected, abs=1e-6)

    readout = READOUT * np.array([3, 1, 0.3, 0.01])[:, None]
    train, test = pairs(states, states @ readout)
    fitted = LinearRegression().fit(train.true[train.valid], train.inferred[train.valid])
    _, values, axes = np.linalg.svd(fitted.coef_, full_matrices=False)
    kept = axes[: 1 + int(np.argmax(np.cumsum(values**2) / np.sum(values**2) >= 0.99))]
    assert len(kept) < N_STATES
    through = np.linalg.pinv(kept) @ kept
    centre = train.true[train.valid].mean(axis=0)
    wanted = test.true[test.valid]
    expected = r2_score(wanted, centre + (wanted - centre) @ through, multioutput="variance_weighted")
    assert truncated_readout_r2(train, test, WEIGHTS).value == pytest.approx(expected, abs=1e-5)


def test_ctdb_cycle_consistency_is_perfect_for_random_states():
    """The defect that the proper one does not have."""
    train, test = pairs(junk(2, seed=4), junk(N_NEURONS))
    assert truncated_readout_r2(train, test, WEIGHTS).value > 0.99
