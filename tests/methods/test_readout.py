import numpy as np
import pytest
from pydantic import ValidationError
from scipy.optimize import minimize

from ctdspec.methods.readout import Readout
from ctdspec.metrics.poisson_map import fit_poisson

EVERYWHERE = np.ones((1, 1), bool)


def data(n=4000, seed=0):
    rng = np.random.default_rng(seed)
    features = (rng.standard_normal((n, 4)) * [1, 5, 0.1, 2] + [0, 10, 3, -1]).astype(np.float32)
    weights = np.array([[0.4, 0], [0.1, -0.1], [2, 5], [0, 0.2]])
    logs = (features - [0, 10, 3, -1]) @ weights - 1
    return features, rng.poisson(np.exp(logs)).astype(np.uint16), weights


def test_true_weights_are_recovered():
    features, counts, weights = data(200_000)
    found = fit_poisson(features, counts, EVERYWHERE, ridge=1e-9)
    # Standard errors are at most 1 / sqrt(200000 x 0.37 x variance): 0.004, and 0.04 for the third feature.
    assert found.weights == pytest.approx(weights, abs=0.15)
    assert found.weights[[0, 1, 3]] == pytest.approx(weights[[0, 1, 3]], abs=0.016)


@pytest.mark.parametrize("ridge", [1e-6, 1e-3, 1e-1])
def test_the_objective_is_the_documented_one(ridge):
    features, counts, _ = data()
    x = (features - features.mean(axis=0, dtype=float)) / features.std(axis=0, dtype=float)
    found = fit_poisson(features, counts, EVERYWHERE, ridge)

    def objective(theta, y):
        logs = x @ theta[1:] + theta[0]
        return np.mean(np.exp(logs) - y * logs) + ridge / 2 * theta[1:] @ theta[1:]

    for neuron in range(2):
        y = counts[:, neuron].astype(float)
        best = minimize(objective, np.zeros(5), args=(y,), method="BFGS", options={"gtol": 1e-6}).x
        logs = np.log(found.expected(features[None])[0, :, neuron])
        assert logs == pytest.approx(
            np.minimum(x @ best[1:] + best[0], np.log(found.largest[neuron])), abs=2e-3
        )


def test_silent_neurons_and_constant_features():
    features, counts, _ = data()
    counts[:, 1] = 0
    features[:, 0] = 0.1
    found = fit_poisson(features, counts, EVERYWHERE, ridge=1e-3)
    assert np.all(found.weights[0] == 0)
    assert found.expected(features[None])[..., 1] == pytest.approx(0.5 / len(features), rel=1e-5)


def test_features_far_away_give_no_count_beyond_the_largest_seen():
    features, counts, _ = data()
    found = fit_poisson(features, counts, EVERYWHERE, ridge=1e-3)
    far = found.expected(np.float32(1000) * features[None])
    assert far.max() == pytest.approx(counts.max(), rel=1e-5)
    assert np.isfinite(far).all()


def test_bins_are_drawn_from_the_valid_ones():
    valid = np.random.default_rng(0).random((20, 50)) < 0.5
    readout = Readout(ridges=[1e-3], fit_bins=100)
    trials, times = readout.draw_bins(valid, np.random.default_rng(1))
    assert len(set(zip(trials.tolist(), times.tolist(), strict=True))) == 100
    assert valid[trials, times].all()
    everything = Readout(ridges=[1e-3], fit_bins=1000).draw_bins(valid, np.random.default_rng(1))
    assert len(everything[0]) == valid.sum()


@pytest.mark.parametrize("wrong", [{"ridges": []}, {"ridges": [0.0]}, {"fit_bins": 10}, {"ridge": 1.0}])
def test_wrong_fields_are_refused(wrong):
    with pytest.raises(ValidationError):
        Readout(**({"ridges": [1e-3], "fit_bins": 1000} | wrong))


def test_bins_in_which_a_neuron_was_lost_are_left_out_of_its_fit():
    features, counts, _ = data()
    seen = np.ones(counts.shape, bool)
    seen[: len(seen) // 2, 1] = False
    lost = np.where(seen, counts, 0)
    found = fit_poisson(features, lost, seen, ridge=1e-9)
    whole = fit_poisson(features, counts, EVERYWHERE, ridge=1e-9)
    later = fit_poisson(features[len(seen) // 2 :], counts[len(seen) // 2 :], EVERYWHERE, ridge=1e-9)
    np.testing.assert_allclose(found.weights[:, 0], whole.weights[:, 0], rtol=1e-6)
    np.testing.assert_allclose(found.weights[:, 1], later.weights[:, 1], rtol=1e-3, atol=1e-4)
