"""Functions that the array API lacks: for PyTorch, its own single operations, which train faster."""

from __future__ import annotations

from collections.abc import Sequence

from array_api_compat import array_namespace, is_torch_array

from ctdspec.dynamics.dynamics import Array


def affine(values: Array, weight: Array, bias: Array) -> Array:
    """Give ``values @ weight.T + bias``, (trial, new), of values (trial, old)."""
    if is_torch_array(values):
        from torch.nn.functional import linear

        return linear(values, weight, bias)
    return values @ weight.T + bias


def logistic(values: Array) -> Array:
    """Give 1 / (1 + exp(-values)) without overflow, also of complex numbers."""
    if is_torch_array(values):
        return values.sigmoid()
    return array_namespace(values).tanh(values * 0.5) * 0.5 + 0.5


def blocks(values: Array, n_blocks: int) -> Sequence[Array]:
    """Cut values (trial, n_blocks × block) into views (trial, block)."""
    if is_torch_array(values):
        return values.chunk(n_blocks, 1)
    size = values.shape[1] // n_blocks
    return [values[:, start : start + size] for start in range(0, n_blocks * size, size)]
