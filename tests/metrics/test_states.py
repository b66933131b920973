import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ctdspec.metrics.bootstrap import trial_weights
from ctdspec.metrics.pair import Pair
from ctdspec.metrics.recovery import NOISE_FLOOR
from ctdspec.metrics.states import state_scores

N_TRAIN, N_TEST, N_BINS, N_LATENTS = 60, 20, 30, 8


def latents(rng):
    """Smooth latents whose variance falls off as principal components' does."""
    noise = rng.standard_normal((N_TRAIN + N_TEST, N_BINS, N_LATENTS))
    smooth = np.cumsum(noise, axis=1) / np.sqrt(N_BINS)
    mix = np.linalg.qr(rng.standard_normal((N_LATENTS, N_LATENTS)))[0]
    return (smooth * 0.6 ** np.arange(N_LATENTS) @ mix).astype(np.float32)


TRUE = latents(np.random.default_rng(0))
VALID = np.arange(N_BINS) < np.random.default_rng(1).integers(15, N_BINS + 1, (N_TRAIN + N_TEST, 1))
WEIGHTS = trial_weights(N_TEST, np.random.default_rng(2), 200)


def all_scores(states, true=TRUE):
    cut = slice(None, N_TRAIN), slice(N_TRAIN, None)
    train, test = (Pair(true[part], states[part].astype(np.float32), VALID[part]) for part in cut)
    return state_scores(train, test, WEIGHTS)


def scores(states, true=TRUE):
    found = all_scores(states, true)
    return found["state_recall"].value, found["state_precision"].value


def noisy(sd=0.2):
    return TRUE + sd * np.random.default_rng(3).standard_normal(TRUE.shape)


def parts():
    fit, held = VALID.copy(), VALID.copy()
    fit[N_TRAIN:], held[:N_TRAIN] = False, False
    return fit, held


def test_agrees_with_sklearn():
    states, (fit, held) = noisy()[..., :5], parts()
    units = make_pipeline(StandardScaler(), PCA()).fit(states[fit])
    # Directions weigh λ / (λ + floor): their variance after this division.
    pulled = np.sqrt(units[-1].explained_variance_ + NOISE_FLOOR)
    directions = {
        "recall": (states[fit], TRUE[fit], states[held], TRUE[held]),
        "precision": (
            TRUE[fit],
            units.transform(states[fit]) / pulled,
            TRUE[held],
            units.transform(states[held]) / pulled,
        ),
    }
    expected = [
        r2_score(y_held, LinearRegression().fit(x, y).predict(x_held), multioutput="variance_weighted")
        for x, y, x_held, y_held in directions.values()
    ]
    # The chosen ridge moves the score by less than its standard error, which is near 0.01.
    assert scores(states) == pytest.approx(expected, abs=2e-3)


def test_components_agree_with_sklearn():
    states, (fit, held) = noisy()[..., :5], parts()
    axes = PCA(0.99).fit(TRUE[fit])
    mapped = LinearRegression().fit(states[fit], TRUE[fit]).predict(states[held])
    expected = r2_score(axes.transform(TRUE[held]), axes.transform(mapped), multioutput="uniform_average")
    assert all_scores(states)["state_recall_pcs"].value == pytest.approx(expected, abs=3e-3)


def test_the_headline_is_the_harmonic_mean():
    recall, precision = scores(noisy())
    found = all_scores(noisy())["state_score"]
    assert found.value == pytest.approx(statistics.harmonic_mean([recall, precision]))
    assert found.low < found.value < found.high
    assert all_scores(junk())["state_score"].value < 0.05


def test_the_truth_is_perfect_and_padding_is_never_looked_at():
    spoiled = np.where(VALID[:, :, None], TRUE, np.float32(1e6))
    assert scores(spoiled) == pytest.approx((1, 1), abs=1e-6)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), log_scale=st.floats(-1, 1), offset=st.floats(-100, 100))
def test_invertible_affine_maps_leave_recall(seed, log_scale, offset):
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.standard_normal((N_LATENTS, N_LATENTS)))[0] for _ in range(2))
    mixed = noisy() @ (left * np.logspace(0, log_scale, N_LATENTS) @ right) + offset
    assert scores(mixed)[0] == pytest.approx(scores(noisy())[0], abs=3e-3)


@settings(max_examples=10)
@given(log_scale=st.lists(st.floats(-6, 6), min_size=N_LATENTS, max_size=N_LATENTS))
def test_units_leave_everything(log_scale):
    assert scores(noisy() * 10.0 ** np.array(log_scale)) == pytest.approx(scores(noisy()), abs=1e-5)


def first_component():
    rows = TRUE[VALID] - TRUE[VALID].mean(axis=0)
    return (TRUE - TRUE[VALID].mean(axis=0)) @ np.linalg.svd(rows, full_matrices=False)[2][:1].T


def junk(n=N_LATENTS):
    return np.cumsum(np.random.default_rng(4).standard_normal((*TRUE.shape[:2], n)), axis=1)


def test_one_component_is_precise_but_recalls_little():
    recall, precision = scores(first_component())
    assert precision > 0.999
    assert recall < 0.8
    assert recall < scores(noisy())[0]


def test_truth_with_junk_recalls_all_but_is_not_precise():
    recall, precision = scores(np.concatenate([TRUE, junk()], axis=2))
    assert recall > 0.999
    assert precision < 0.3
    assert precision < scores(noisy())[1]


def test_junk_does_not_hide_in_small_units():
    small = np.concatenate([TRUE, 1e-4 * junk()], axis=2)
    assert scores(small) == pytest.approx(scores(np.concatenate([TRUE, junk()], axis=2)), abs=1e-4)


def test_copies_of_the_truth_do_not_dilute_junk():
    mixed = noisy() @ np.random.default_rng(5).standard_normal((N_LATENTS, 200))
    padded = np.concatenate([mixed, junk(2)], axis=2)
    assert scores(padded)[1] < scores(mixed)[1] - 0.1


def test_junk_is_neither():
    recall, precision = scores(junk())
    assert recall < 0.05
    assert precision < 0.05


def test_shuffled_trials_are_neither():
    shuffled = TRUE[np.concatenate([np.roll(np.arange(N_TRAIN), 1), N_TRAIN + np.roll(np.arange(N_TEST), 1)])]
    recall, precision = scores(shuffled)
    assert recall < 0.05
    assert precision < 0.05


def test_a_constant_state_changes_nothing():
    constant = np.concatenate([noisy(), np.full((*TRUE.shape[:2], 1), 0.1)], axis=2)
    assert scores(constant) == pytest.approx(scores(noisy()), abs=1e-9)


def test_nothing_but_constant_states_recall_nothing_and_have_no_precision():
    recall, precision = scores(np.full((*TRUE.shape[:2], 2), 0.1))
    assert recall <= 0
    assert np.isnan(precision)
