import numpy as np
import pytest

from ctdspec.observation.embeddings.linear import Linear
from ctdspec.observation.embeddings.permutation import Permutation

LATENTS = np.random.default_rng(0).standard_normal((3, 4, 16)).astype(np.float32)


@pytest.mark.parametrize("embedding", [Permutation(kind="permutation"), Linear(kind="linear")])
def test_drive_is_the_matrix_product(embedding):
    weights = embedding.draw(16, 10, np.random.default_rng(1))
    assert weights["embedding"].shape == (10, 16)
    drive = embedding.apply(weights, LATENTS)
    assert drive.dtype == np.float32
    np.testing.assert_allclose(
        drive, np.einsum("...l,nl->...n", LATENTS, weights["embedding"]), rtol=1e-5, atol=1e-6
    )


def test_permutation_uses_every_latent_before_it_uses_one_again():
    matrix = Permutation(kind="permutation").draw(16, 40, np.random.default_rng(1))["embedding"]
    assert (matrix.sum(axis=1) == 1).all()
    assert sorted(matrix.sum(axis=0)) == [2] * 8 + [3] * 8


def test_linear_rows_have_unit_norm_on_average():
    matrix = Linear(kind="linear").draw(16, 5000, np.random.default_rng(1))["embedding"]
    # The squared norm of a row has mean 1 and variance 2 / 16; the mean of 5000 is known to 0.005.
    assert (matrix**2).sum(axis=1).mean() == pytest.approx(1, abs=0.025)
