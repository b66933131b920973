"""Functions that the array API lacks: for PyTorch, its own single operations, which train faster."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from array_api_compat import array_namespace, is_torch_array

from ctdspec.dynamics.dynamics import Array


def affine(values: Array, weight: Array, bias: Array) -> Array:
    """Give ``values @ weight.T + bias``, (trial, new), of values (trial, old)."""
    if is_torch_array(values):
        from torch.nn.functional import linear

        return linear(values, weight, bias)
    return values @ weight.T + bias


def multiply_add(added: Array, first: Array | float, second: Array) -> Array:
    """Give ``added + first * second``, entry by entry."""
    if is_torch_array(second):
        from torch import Tensor, add, addcmul

        return addcmul(added, first, second) if isinstance(first, Tensor) else add(added, second, alpha=first)
    return added + first * second


def mix(start: Array, end: Array, share: Array | float) -> Array:
    """Give ``start + share * (end - start)``, entry by entry."""
    if is_torch_array(start):
        return start.lerp(end, share)
    return start + share * (end - start)


def logistic(values: Array) -> Array:
    """Give 1 / (1 + exp(-values)) without overflow, also of complex numbers."""
    if is_torch_array(values):
        return values.sigmoid()
    return array_namespace(values).tanh(values * 0.5) * 0.5 + 0.5


def blocks(values: Array, *widths: int) -> Sequence[Array]:
    """Cut values (trial, unit) into views (trial, block), whose widths are in these proportions."""
    size = values.shape[1] // sum(widths)
    if is_torch_array(values):
        return values.split([width * size for width in widths], 1)
    ends = list(accumulate(width * size for width in widths))
    return [values[:, start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]
