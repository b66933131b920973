import numpy as np
import pytest
from sklearn.metrics import r2_score

from ctdspec.metrics.bootstrap import trial_weights
from ctdspec.metrics.log_rates import log_rates, mean_rates
from ctdspec.metrics.rates import rate_scores

N_TRIALS, N_BINS, N_NEURONS = 30, 40, 6


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    scale = np.array([0.1, 1, 3, 5, 20, 50], np.float32)
    true = rng.gamma(2, scale, (N_TRIALS, N_BINS, N_NEURONS)).astype(np.float32)
    inferred = (true + rng.normal(0, scale, true.shape)).astype(np.float32)
    valid = np.arange(N_BINS) < rng.integers(10, N_BINS + 1, (N_TRIALS, 1))
    return true, inferred, valid


def scores(true, inferred, valid):
    return rate_scores(true, inferred, valid, trial_weights(len(true), np.random.default_rng(1)))


def test_agrees_with_sklearn_on_valid_bins(arrays):
    true, inferred, valid = arrays
    found = scores(true, inferred, valid)
    pooled = r2_score(true[valid], inferred[valid], multioutput="variance_weighted")
    by_neuron = r2_score(true[valid], inferred[valid], multioutput="raw_values")
    assert found["rate_r2"].value == pytest.approx(pooled, abs=1e-6)
    assert found["rate_r2_median"].value == pytest.approx(np.median(by_neuron), abs=1e-6)


def test_intervals_are_those_of_a_loop_over_resamples(arrays):
    true, inferred, valid = arrays
    weights = trial_weights(N_TRIALS, np.random.default_rng(1))
    pooled, median = [], []
    for row in weights[1:].astype(int):
        drawn = np.repeat(np.arange(N_TRIALS), row)
        y, p = true[drawn][valid[drawn]], inferred[drawn][valid[drawn]]
        pooled.append(r2_score(y, p, multioutput="variance_weighted"))
        median.append(np.median(r2_score(y, p, multioutput="raw_values")))
    found = rate_scores(true, inferred, valid, weights)
    for name, values in (("rate_r2", pooled), ("rate_r2_median", median)):
        assert [found[name].low, found[name].high] == pytest.approx(
            np.percentile(values, [2.5, 97.5]), abs=1e-6
        )


def test_padding_is_never_scored(arrays):
    true, inferred, valid = arrays
    spoiled = np.where(valid[:, :, None], inferred, np.float32(1e9))
    assert scores(true, spoiled, valid) == scores(true, inferred, valid)


def test_a_large_offset_costs_no_precision(arrays):
    true, inferred, valid = (array[..., -2:] if array.ndim == 3 else array for array in arrays)
    shift = np.float32(4096)
    shifted = scores(true + shift, inferred + shift, valid)["rate_r2"].value
    assert shifted == pytest.approx(scores(true, inferred, valid)["rate_r2"].value, abs=1e-4)


def test_a_constant_neuron_has_nothing_to_explain(arrays):
    true, inferred, valid = arrays
    constant = true.copy()
    constant[..., 0] = 0.1
    found = scores(constant, inferred, valid)
    without = scores(constant[..., 1:], inferred[..., 1:], valid)
    assert found["rate_r2"].value == pytest.approx(without["rate_r2"].value)
    assert found["rate_r2_median"].value == pytest.approx(without["rate_r2_median"].value)


def test_nothing_varies():
    constant = np.full((4, 5, 2), 0.1, np.float32)
    found = scores(constant, constant, np.ones((4, 5), bool))
    assert np.isnan([found["rate_r2"].value, found["rate_r2"].low, found["rate_r2_median"].value]).all()


def test_the_interval_covers():
    # 300 datasets of 40 trials: 95 % coverage gives 285 +- 3.8 hits; fewer than 265 means that it is broken.
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(300):
        true = rng.standard_normal((40, 20, 2))
        gains = rng.normal(1, 0.3, (40, 1, 1))
        inferred = true * gains + rng.normal(0, 0.5, true.shape)
        estimate = rate_scores(true, inferred, np.ones((40, 20), bool), trial_weights(40, rng, 400))[
            "rate_r2"
        ]
        hits += estimate.low <= 1 - (0.3**2 + 0.5**2) <= estimate.high
    assert hits > 265


def test_groups_of_neurons_are_scored_apart(arrays):
    true, inferred, valid = arrays
    held_out = np.arange(N_NEURONS) % 2 == 0
    weights = trial_weights(N_TRIALS, np.random.default_rng(1))
    found = rate_scores(true, inferred, valid, weights, held_out)
    for part, chosen in (("held_out", held_out), ("held_in", ~held_out)):
        expected = r2_score(
            true[valid][:, chosen], inferred[valid][:, chosen], multioutput="variance_weighted"
        )
        assert found[f"rate_r2_{part}"].value == pytest.approx(expected, abs=1e-6)
    assert "rate_r2_held_out" not in rate_scores(true, inferred, valid, weights, np.zeros(N_NEURONS, bool))


def test_logarithms_are_floored_at_a_hundredth_of_the_mean(arrays):
    true, _, valid = arrays
    mean_hz = mean_rates(true, valid)
    assert mean_hz == pytest.approx(true[valid].mean(axis=0), rel=1e-5)
    silent = np.zeros_like(true)
    expected = np.broadcast_to(np.log(0.01 * mean_hz), true.shape)
    assert log_rates(silent, mean_hz) == pytest.approx(expected, abs=1e-5)
    high = np.maximum(true, 0.1 * mean_hz)
    assert log_rates(high, mean_hz) == pytest.approx(np.log(high), abs=1e-5)
    assert np.isfinite(log_rates(silent, np.zeros(N_NEURONS))).all(), "a neuron that never fires"
