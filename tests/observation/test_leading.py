import numpy as np
import pytest
from pydantic import ValidationError

from ctdspec.observation.embedding import LatentMoments
from ctdspec.observation.embeddings.leading import Leading
from ctdspec.observation.embeddings.sparse import Sparse
from ctdspec.spec.component import kinds

MOMENTS = LatentMoments(np.zeros(10), np.ones(10))


def leading(latents: int, **inner) -> Leading:
    # As the loader does: the class of the inner component is chosen by its kind.
    embedding = kinds("embedding")[inner["kind"]].model_validate(inner)
    return Leading.model_validate({"kind": "leading", "latents": latents, "embedding": embedding})


def test_the_first_latents_are_mixed_as_the_inner_embedding_mixes_them():
    found = leading(4, kind="sparse", density=0.5).draw(MOMENTS, 30, np.random.default_rng(0))
    inner = Sparse(kind="sparse", density=0.5).matrix(4, 30, np.random.default_rng(0))
    np.testing.assert_array_equal(found["embedding"][:, :4], inner.astype(np.float32))
    np.testing.assert_array_equal(found["embedding"][:, 4:], 0)


def test_other_latents_drive_nobody():
    embedding = leading(4, kind="linear")
    weights = embedding.draw(MOMENTS, 30, np.random.default_rng(0))
    latents = np.random.default_rng(1).standard_normal((5, 10)).astype(np.float32)
    moved = latents.copy()
    moved[:, 4:] += 100
    np.testing.assert_allclose(embedding.apply(weights, moved), embedding.apply(weights, latents), atol=1e-5)


def test_a_state_that_is_too_small_is_refused():
    with pytest.raises(ValueError, match=r"latents \(12\) must not exceed the 10"):
        leading(12, kind="linear").ensure_embeds(10, 5)
    with pytest.raises(ValueError, match="4 latents, but 3 neurons"):
        leading(4, kind="orthonormal").ensure_embeds(10, 3)


@pytest.mark.parametrize("kind", ["identity", "permutation"])
def test_what_is_no_mixing_matrix_is_refused(kind):
    with pytest.raises(ValidationError, match=f"{kind} is no mixing matrix"):
        leading(4, kind=kind)
