"""Curves made of pieces of polynomials that meet smoothly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from array_api_compat import is_torch_array

from ctdspec.dynamics.dynamics import Array


@dataclass(frozen=True, eq=False)
class Spline:
    """A sum of truncated powers: f(x) = Σ c max(0, x − k)^p, over knots k with coefficients c.

    It has p − 1 continuous derivatives; a complex number is on the side of a knot where its real part is.

    Attributes
    ----------
    power
        The power p.
    knots, coefficients : (knot,)
    """

    power: int
    knots: Array
    coefficients: Array

    def __call__(self, values: Array) -> Array:
        """Give f of every value."""
        return positive_part(values[..., None] - self.knots) ** self.power @ self.coefficients


def positive_part(values: Array) -> Array:
    """Give max(0, x) of every value; of complex numbers, those whose real part is positive."""
    if is_torch_array(values):
        return values.clamp(min=0)
    return np.where(values > 0, values, 0)


def bump(low: float, middle: float, high: float) -> tuple[list[float], list[float]]:
    """Give knots and coefficients of a `Spline` of power 2: 0 up to `low`, 1 at `middle`, 0 from `high`.

    Each flank is two parabolas that meet half way.
    """
    rise, fall = 2 / (middle - low) ** 2, 2 / (high - middle) ** 2
    knots = [low, (low + middle) / 2, middle, (middle + high) / 2, high]
    return knots, [rise, -2 * rise, rise - fall, 2 * fall, -fall]
