import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from ctdspec.metrics import linear_map
from ctdspec.metrics.linear_map import N_FOLDS, RIDGES, fit_linear_map, moments_by_fold

X, Y = slice(0, 7), slice(7, 10)


@pytest.fixture
def data():
    """Few noisy trials, so that the best ridge is neither the least nor the largest."""
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((23, 3, 7)) * np.logspace(-2, 2, 7) + 5).astype(np.float32)
    y = (
        (x / np.logspace(-2, 2, 7)) @ rng.standard_normal((7, 3)) + 15 * rng.standard_normal((23, 3, 3))
    ).astype(np.float32)
    valid = rng.random((23, 3)) < 0.8
    return x, y, valid


def ridge_of_sklearn(x, y, ridge):
    scaler = StandardScaler().fit(x.astype(float))
    model = Ridge(alpha=ridge * len(x)).fit(scaler.transform(x.astype(float)), y.astype(float))
    return lambda values: model.predict(scaler.transform(values.astype(float)))


def test_agrees_with_sklearn_and_chooses_the_ridge_of_a_loop_over_folds(data):
    x, y, valid = data
    fold = np.broadcast_to(np.arange(23)[:, None] % N_FOLDS, valid.shape)
    errors = []
    for ridge in RIDGES:
        error = 0.0
        for left_out in range(N_FOLDS):
            fit, held = valid & (fold != left_out), valid & (fold == left_out)
            error += ((ridge_of_sklearn(x[fit], y[fit], ridge)(x[held]) - y[held]) ** 2).sum()
        errors.append(error)
    found = fit_linear_map(moments_by_fold((x, y), valid), X, Y)
    assert found.ridge == RIDGES[int(np.argmin(errors))]
    assert found.ridge > RIDGES[0]
    judge = ridge_of_sklearn(x[valid], y[valid], found.ridge)
    assert found(x[valid]) == pytest.approx(judge(x[valid]), abs=1e-6)


def test_blocks_of_trials_change_nothing(data, monkeypatch):
    whole = fit_linear_map(moments_by_fold(data[:2], data[2]), X, Y)
    monkeypatch.setattr(linear_map, "_TRIALS_AT_ONCE", 2)
    split = fit_linear_map(moments_by_fold(data[:2], data[2]), X, Y)
    assert split.weights == pytest.approx(whole.weights, rel=1e-9)


def test_moments_are_precise_far_from_zero(data):
    x, y, valid = data
    moments = sum(
        moments_by_fold((x + np.float32(1000), y), valid)[1:], moments_by_fold((x + 1000, y), valid)[0]
    )
    rows = np.concatenate([(x + np.float32(1000))[valid], y[valid]], axis=1).astype(float)
    assert moments.mean == pytest.approx(rows.mean(axis=0))
    assert moments.covariance == pytest.approx(np.cov(rows.T, bias=True), rel=1e-5, abs=1e-6)


def test_a_constant_predictor_gets_no_weight(data):
    x, y, valid = data
    x = x.copy()
    x[..., 2] = 0.1
    found = fit_linear_map(moments_by_fold((x, y), valid), X, Y)
    assert np.all(found.weights[2] == 0)
    assert np.isfinite(found.weights).all()
    assert np.isfinite(found.intercept).all()


def test_one_trial_takes_the_least_ridge(data):
    x, y, _ = data
    found = fit_linear_map(moments_by_fold((x[:1], y[:1]), np.ones((1, 3), bool)), X, Y)
    assert found.ridge == RIDGES[0]
