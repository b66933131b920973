"""The functions that cells are made of, judged by SciPy and NumPy, for arrays and tensors alike."""

import numpy as np
import pytest
from scipy.special import expit

from ctdspec.seeds import stream
from ctdspec.systems.cells._functions import affine, blocks, logistic


@pytest.fixture(params=["numpy", "torch"])
def as_array(request):
    if request.param == "numpy":
        return np.asarray
    return pytest.importorskip("torch", reason="training is an extra: uv run --extra train pytest").from_numpy


def test_logistic_is_scipys_and_does_not_overflow(as_array):
    values = np.concatenate([np.linspace(-40, 40, 81), [-1e300, 1e300]])[None]
    np.testing.assert_allclose(np.asarray(logistic(as_array(values))), expit(values), atol=2e-16)


def test_affine_and_blocks_are_numpys(as_array):
    rng = stream(0, "test")
    values, weight, bias = (rng.standard_normal(shape) for shape in ((5, 3), (6, 3), 6))
    mapped = affine(as_array(values), as_array(weight), as_array(bias))
    expected = np.einsum("to,no->tn", values, weight) + bias
    np.testing.assert_allclose(np.asarray(mapped), expected, atol=1e-14)
    for found, block in zip(blocks(mapped, 3), np.split(expected, 3, axis=1), strict=True):
        np.testing.assert_allclose(np.asarray(found), block, atol=1e-14)
