"""The functions that cells are made of, judged by SciPy and NumPy, for arrays and tensors alike."""

import numpy as np
import pytest
from scipy.special import expit

from ctdspec.seeds import stream
from ctdspec.systems.cells._functions import affine, blocks, logistic, mix, multiply_add


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
    for found, block in zip(blocks(mapped, 1, 2), (expected[:, :2], expected[:, 2:]), strict=True):
        np.testing.assert_allclose(np.asarray(found), block, atol=1e-14)


def test_sums_of_products_and_mixtures_are_numpys(as_array):
    rng = stream(1, "test")
    first, second, third = (rng.standard_normal((4, 3)) for _ in range(3))
    start, end, share = map(as_array, (first, second, third))
    np.testing.assert_allclose(multiply_add(start, end, share), first + second * third, atol=1e-15)
    np.testing.assert_allclose(multiply_add(start, 0.2, share), first + 0.2 * third, atol=1e-15)
    np.testing.assert_allclose(mix(start, end, share), (1 - third) * first + third * second, atol=1e-15)
    np.testing.assert_allclose(mix(start, end, 0.2), 0.8 * first + 0.2 * second, atol=1e-15)
