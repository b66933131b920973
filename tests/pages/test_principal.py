from __future__ import annotations

import numpy as np
import pytest

from ctdspec.pages.principal import N_DRAWN, PrincipalAxes


@pytest.fixture
def latents() -> np.ndarray:
    rng = np.random.default_rng(0)
    return (rng.standard_normal((9, 30, 5)) @ rng.standard_normal((5, 5)) + 7).astype(np.float32)


def test_components_are_those_of_scikit_learn(latents):
    from sklearn.decomposition import PCA

    valid = np.ones(latents.shape[:2], bool)
    valid[3, 20:] = False
    judge = PCA().fit(latents[valid].astype(float))
    axes = PrincipalAxes.fit(latents, valid)
    np.testing.assert_allclose(axes.shares, judge.explained_variance_ratio_, rtol=1e-9)
    np.testing.assert_allclose(axes.mean, judge.mean_, rtol=1e-9)
    np.testing.assert_allclose(
        np.abs(axes.project(latents[0])),
        np.abs(judge.transform(latents[0].astype(float))[:, :N_DRAWN]),
        atol=1e-9,
    )


def test_sign_does_not_depend_on_the_data_order(latents):
    valid = np.ones(latents.shape[:2], bool)
    one, other = PrincipalAxes.fit(latents, valid), PrincipalAxes.fit(latents[::-1], valid)
    np.testing.assert_allclose(one.axes, other.axes, atol=1e-9)


def test_count_of_components_for_a_share():
    axes = PrincipalAxes(np.zeros(4), np.eye(4), np.array([0.6, 0.3, 0.08, 0.02]))
    assert [axes.n_for(share) for share in (0.5, 0.85, 0.95, 1.5)] == [1, 2, 3, 4]


def test_latents_that_never_change_have_no_shares():
    axes = PrincipalAxes.fit(np.full((3, 4, 2), 5, np.float32), np.ones((3, 4), bool))
    assert not axes.shares.any()
    assert not axes.project(np.full((1, 2), 5.0)).any()
