"""Weights that training starts from."""

from __future__ import annotations

import numpy as np


def recurrent_weights(
    n_blocks: int, n_inputs: int, units: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Draw the weights of a recurrent cell uniformly within ±1/sqrt(units), as PyTorch does.

    Returns
    -------
    dict
        float32 ``weight_ih`` (n_blocks unit, input), ``weight_hh`` (n_blocks unit, unit), ``bias_ih`` and
        ``bias_hh`` (n_blocks unit,).
    """
    n_rows = n_blocks * units
    shapes = {
        "weight_ih": (n_rows, n_inputs),
        "weight_hh": (n_rows, units),
        "bias_ih": (n_rows,),
        "bias_hh": (n_rows,),
    }
    return {name: uniform(shape, units, rng) for name, shape in shapes.items()}


def uniform(shape: tuple[int, ...], fan_in: int, rng: np.random.Generator) -> np.ndarray:
    """Draw float32 numbers uniformly within ±1/sqrt(fan_in); a fan-in of 0 counts as 1."""
    bound = max(fan_in, 1) ** -0.5
    return rng.uniform(-bound, bound, shape).astype(np.float32)


def normal(shape: tuple[int, ...], sd: float, rng: np.random.Generator) -> np.ndarray:
    """Draw float32 numbers from a normal distribution of mean 0."""
    return (sd * rng.standard_normal(shape)).astype(np.float32)
