import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score, roc_auc_score

from ctdspec.metrics.behaviour import behaviour_scores
from ctdspec.metrics.bootstrap import trial_weights
from ctdspec.metrics.events import auroc, event_scores
from ctdspec.metrics.inputs import input_scores
from ctdspec.metrics.lag import best_lag
from ctdspec.metrics.pair import Pair

N_TRAIN, N_TEST, N_BINS, BIN_S = 40, 15, 80, 0.02
RNG = np.random.default_rng(0)
PULSES = (RNG.random((N_TRAIN + N_TEST, N_BINS, 2)) < 0.05).astype(np.float32)
TRUE = PULSES + 0.1 * RNG.standard_normal(PULSES.shape).astype(np.float32)
VALID = np.arange(N_BINS) < RNG.integers(50, N_BINS + 1, (N_TRAIN + N_TEST, 1))
WEIGHTS = trial_weights(N_TEST, np.random.default_rng(1), 300)


def later(array, lag):
    return np.roll(array, lag, axis=1)


def split(inferred, true=TRUE):
    cut = slice(None, N_TRAIN), slice(N_TRAIN, None)
    return tuple(Pair(true[part], inferred[part].astype(np.float32), VALID[part]) for part in cut)


def scores(inferred):
    found = input_scores(*split(inferred), BIN_S, WEIGHTS)
    return found["input_recall"].value, found["input_precision"].value


NOISY = TRUE + 0.2 * np.random.default_rng(2).standard_normal(TRUE.shape)


@pytest.mark.parametrize("lag", [-5, -1, 0, 3, 5])
def test_the_lag_is_found(lag):
    assert best_lag(split(later(NOISY, lag))[0], BIN_S) == (lag, 5)


def test_a_lag_beyond_the_longest_is_not_forgiven():
    assert scores(later(NOISY, 7))[0] < 0.05 < 0.5 < scores(later(NOISY, 5))[0]


def test_lags_are_compared_on_the_same_bins():
    pair = split(NOISY)[0]
    for lag in (-5, 0, 5):
        lagged = pair.lagged(lag, 5)
        assert np.array_equal(lagged.true, pair.true[:, 5:-5])
        for trial, counted in enumerate(lagged.valid):
            assert counted.sum() == pair.valid[trial].sum() - 10
    assert np.array_equal(pair.lagged(2, 5).inferred[:, 0], pair.inferred[:, 7])


def test_lags_leave_bins_of_short_trials():
    pairs = [Pair(pair.true, pair.inferred, pair.valid & (np.arange(N_BINS) < 7)) for pair in split(NOISY)]
    assert best_lag(pairs[0], BIN_S)[1] == 1
    assert input_scores(*pairs, BIN_S, WEIGHTS)["input_recall"].value > 0.2


def test_agrees_with_sklearn_at_the_lag():
    inferred = later(NOISY, 2)
    train, test = (pair.lagged(2, 5) for pair in split(inferred))
    fitted = LinearRegression().fit(train.inferred[train.valid], train.true[train.valid])
    expected = r2_score(
        test.true[test.valid], fitted.predict(test.inferred[test.valid]), multioutput="variance_weighted"
    )
    assert scores(inferred)[0] == pytest.approx(expected, abs=2e-3)


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32), lag=st.integers(-5, 5))
def test_lags_and_affine_maps_leave_recall(seed, lag):
    rng = np.random.default_rng(seed)
    mixed = later(NOISY, lag) @ (np.eye(2) + 0.3 * rng.standard_normal((2, 2))) + rng.standard_normal(2)
    # Trials are cut where the lag rolls over, so the bins that are scored are the same.
    assert scores(mixed)[0] == pytest.approx(scores(NOISY)[0], abs=0.02)


def test_one_input_is_precise_and_junk_is_not():
    one = scores(TRUE[..., :1])
    assert one[1] > 0.999
    assert one[0] < 0.6
    junk = np.random.default_rng(3).standard_normal((*TRUE.shape[:2], 2))
    recall, precision = scores(np.concatenate([TRUE, junk], axis=2))
    assert recall > 0.999
    assert precision == pytest.approx(0.5, abs=0.05)


def test_auroc_and_its_resamples_agree_with_sklearn():
    rng = np.random.default_rng(4)
    happens = PULSES[N_TRAIN:, :, 0] > 0
    found = np.round(happens + rng.standard_normal(happens.shape), 1)  # rounding makes ties
    valid = VALID[N_TRAIN:]
    values = auroc(found, happens, valid, WEIGHTS)
    for value, row in list(zip(values, WEIGHTS.astype(int), strict=True))[:20]:
        drawn = np.repeat(np.arange(N_TEST), row)
        inside = valid[drawn]
        assert value == pytest.approx(roc_auc_score(happens[drawn][inside], found[drawn][inside]))


def events(inferred):
    return event_scores(*split(inferred, PULSES), BIN_S, WEIGHTS)["event_auroc"]


def test_events_are_found_in_inputs_of_any_size_and_lag():
    assert events(later(-3 * NOISY, 2)).value > 0.99
    # 15 trials hold some 45 events of each kind: chance scatters by about 0.04 around a half.
    assert events(np.random.default_rng(5).standard_normal(TRUE.shape)).value == pytest.approx(0.5, abs=0.15)


def test_without_events_detection_is_not_defined():
    found = event_scores(*split(NOISY, np.zeros_like(PULSES)), BIN_S, WEIGHTS)["event_auroc"]
    assert np.isnan([found.value, found.low]).all()


def test_behaviour_is_decoded_at_its_lag():
    states = np.cumsum(np.random.default_rng(6).standard_normal((*TRUE.shape[:2], 5)), axis=1)
    outputs = (later(states, -3) @ np.ones((5, 1)) + 2).astype(np.float32)
    decoded = behaviour_scores(*split(states, outputs), BIN_S, WEIGHTS)["behaviour_r2"]
    assert decoded.value > 0.999
    missing = behaviour_scores(*split(states[..., :2], outputs), BIN_S, WEIGHTS)["behaviour_r2"]
    assert missing.value < 0.7
