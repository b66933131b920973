import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from ctdspec.metrics.alignment import Alignment
from ctdspec.metrics.pair import StatePair


def test_both_maps_are_regressions_on_the_valid_bins():
    rng = np.random.default_rng(0)
    latents = rng.standard_normal((50, 20, 3)).astype(np.float32)
    states = (latents @ rng.standard_normal((3, 4)) + 0.3 * rng.standard_normal((50, 20, 4))).astype(
        np.float32
    )
    valid = rng.random((50, 20)) < 0.9
    found = Alignment.fit(StatePair(latents, states, valid))
    x, y = latents[valid], states[valid]
    # The chosen ridge moves predictions by less than their standard error, 0.01.
    assert found.to_states(x) == pytest.approx(LinearRegression().fit(x, y).predict(x), abs=0.01)
    assert found.to_latents(y) == pytest.approx(LinearRegression().fit(y, x).predict(y), abs=0.01)


def test_identity_changes_nothing():
    points = np.random.default_rng(0).standard_normal((2, 5, 3))
    same = Alignment.identity(3)
    assert np.array_equal(same.to_states(points), points)
    assert np.array_equal(same.to_latents(points), points)
