import numpy as np
import pytest

from ctdspec.observation.embedding import LatentMoments
from ctdspec.observation.embeddings.identity import Identity
from ctdspec.observation.embeddings.linear import Linear
from ctdspec.observation.embeddings.low_dimensional import LowDimensional
from ctdspec.observation.embeddings.mlp import Mlp
from ctdspec.observation.embeddings.orthonormal import Orthonormal
from ctdspec.observation.embeddings.permutation import Permutation
from ctdspec.observation.embeddings.sparse import Sparse

LATENTS = np.random.default_rng(0).standard_normal((3, 4, 16)).astype(np.float32)
MOMENTS = LatentMoments(np.zeros(16), np.ones(16))
MATRICES = [
    Permutation(kind="permutation"),
    Identity(kind="identity"),
    Linear(kind="linear"),
    Sparse(kind="sparse", density=0.2),
    Orthonormal(kind="orthonormal"),
    LowDimensional(kind="low_dimensional", participation_ratio=3),
]


def matrix(embedding, n_neurons, n_latents=16, seed=1):
    moments = LatentMoments(np.zeros(n_latents), np.ones(n_latents))
    return embedding.draw(moments, n_neurons, np.random.default_rng(seed))["embedding"]


@pytest.mark.parametrize("embedding", MATRICES, ids=lambda embedding: embedding.kind)
def test_drive_is_the_matrix_product(embedding):
    weights = {"embedding": matrix(embedding, 16)}
    assert weights["embedding"].shape == (16, 16)
    assert weights["embedding"].dtype == np.float32
    drive = embedding.apply(weights, LATENTS)
    assert drive.dtype == np.float32
    np.testing.assert_allclose(
        drive, np.einsum("...l,nl->...n", LATENTS, weights["embedding"]), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_array_equal(embedding.loadings(weights), weights["embedding"])


def test_permutation_uses_every_latent_before_it_uses_one_again():
    found = matrix(Permutation(kind="permutation"), 40)
    assert (found.sum(axis=1) == 1).all()
    assert sorted(found.sum(axis=0)) == [2] * 8 + [3] * 8


def test_identity_is_the_latents_in_their_order():
    np.testing.assert_array_equal(matrix(Identity(kind="identity"), 16), np.eye(16))
    with pytest.raises(ValueError, match=r"has 16 latents, but 15 neurons.*circuit to 16"):
        Identity(kind="identity").ensure_embeds(16, 15)


@pytest.mark.parametrize("embedding", MATRICES[2:], ids=lambda embedding: embedding.kind)
def test_rows_have_unit_norm_on_average(embedding):
    # The squared norm of a Gaussian row has mean 1 and variance at most 2 / 3: the mean of 5000 is known to
    # 0.012. A norm that grows with the number of latents is off by a factor of 16.
    assert (matrix(embedding, 5000) ** 2).sum(axis=1).mean() == pytest.approx(1, abs=0.06)


def test_sparse_neurons_read_as_many_latents_as_declared():
    found = matrix(Sparse(kind="sparse", density=0.2), 200)
    assert ((found != 0).sum(axis=1) == 3).all()  # 0.2 × 16, rounded
    assert ((matrix(Sparse(kind="sparse", density=0.001), 200) != 0).sum(axis=1) == 1).all()
    # Latents are drawn evenly: 200 × 3 / 16 = 37.5 ± 5.5 neurons each.
    assert (np.abs((found != 0).sum(axis=0) - 37.5) < 5 * 5.5).all()


def test_orthonormal_keeps_distances():
    found = matrix(Orthonormal(kind="orthonormal"), 60)
    np.testing.assert_allclose(found.T @ found, 60 / 16 * np.eye(16), atol=1e-5)
    with pytest.raises(ValueError, match="16 latents, but 15 neurons"):
        Orthonormal(kind="orthonormal").ensure_embeds(16, 15)


@pytest.mark.parametrize("ratio", [1, 1.5, 4, 15.5, 16])
def test_the_participation_ratio_is_the_declared_one(ratio):
    squares = (
        np.linalg.svd(
            matrix(LowDimensional(kind="low_dimensional", participation_ratio=ratio), 60), compute_uv=False
        ).astype(float)
        ** 2
    )
    assert squares.sum() ** 2 / (squares**2).sum() == pytest.approx(ratio, rel=1e-4)


def test_more_directions_than_latents_are_refused():
    with pytest.raises(ValueError, match="participation_ratio is 17, but the system has 16 latents"):
        LowDimensional(kind="low_dimensional", participation_ratio=17).ensure_embeds(16, 60)


def test_mlp_is_the_documented_network_of_standardised_latents():
    rng = np.random.default_rng(3)
    mean, sd = rng.normal(0, 30, 16), rng.uniform(0.1, 20, 16)
    mlp = Mlp(kind="mlp", hidden_units=50, gain=1.5)
    weights = mlp.draw(LatentMoments(mean, sd), 2000, np.random.default_rng(1))
    latents = (mean + sd * rng.standard_normal((4000, 16))).astype(np.float32)
    hidden = np.tanh(latents @ weights["embedding_hidden"].T + weights["embedding_bias"])
    np.testing.assert_allclose(
        mlp.apply(weights, latents), hidden @ weights["embedding"].T, rtol=1e-4, atol=1e-4
    )
    inputs = latents @ weights["embedding_hidden"].T + weights["embedding_bias"]
    # Inputs have variance gain²: its estimate from 50 units has a standard error of 16 %.
    assert (inputs**2).mean() == pytest.approx(1.5**2, rel=0.5)


def test_no_linear_map_inverts_the_mlp():
    mlp = Mlp(kind="mlp", hidden_units=50, gain=3.0)
    latents = np.random.default_rng(2).standard_normal((4000, 2)).astype(np.float32)
    drive = mlp.apply(mlp.draw(LatentMoments(np.zeros(2), np.ones(2)), 5, np.random.default_rng(1)), latents)
    drive = np.column_stack([drive, np.ones(len(drive))])
    fitted = drive @ np.linalg.lstsq(drive, latents, rcond=None)[0]
    assert (1 - (latents - fitted).var(axis=0) / latents.var(axis=0)).max() < 0.95


def test_mlp_loadings_are_its_slopes_at_the_middle_of_its_units():
    mlp = Mlp(kind="mlp", hidden_units=20, gain=1e-3)
    weights = mlp.draw(LatentMoments(np.zeros(16), np.ones(16)), 8, np.random.default_rng(1))
    step = np.float32(0.1)
    slopes = (
        mlp.apply(weights, step * np.eye(16, dtype=np.float32))
        - mlp.apply(weights, np.zeros((1, 16), np.float32))
    ) / step
    np.testing.assert_allclose(slopes.T, mlp.loadings(weights), rtol=2e-2, atol=2e-6)
