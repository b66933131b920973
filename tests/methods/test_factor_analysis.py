import numpy as np
import pytest
from sklearn.decomposition import FactorAnalysis as Judge

from ctdspec.methods.factor_analysis import fit_factors


def test_mean_and_covariance_give_the_fit_of_all_rows():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((5000, 3)) @ rng.standard_normal((3, 10)) + rng.uniform(1, 2, 10) * (
        3 + rng.standard_normal((5000, 10))
    )
    found = fit_factors(rows.mean(axis=0), np.cov(rows.T, bias=True), 3)
    judge = Judge(3, svd_method="lapack", tol=1e-6, max_iter=10_000).fit(rows)
    ours, theirs = found(rows[None])[0], judge.transform(rows)
    # Factors are defined up to a rotation, which their products between rows do not see.
    assert ours[:50] @ ours[:50].T == pytest.approx(theirs[:50] @ theirs[:50].T, abs=2e-2)
