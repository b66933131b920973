"""Six muscles around two joints: where they pull, and how strongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device, is_numpy_array

from ctdspec.arm.curves import Spline, bump, positive_part
from ctdspec.dynamics.dynamics import Array

MUSCLES = (
    "pectoralis", "deltoid", "brachioradialis", "triceps_lateral", "biceps", "triceps_long"
)  # fmt: skip
_SHORTEST, _LONGEST, _PASSIVE, _LENGTHENING = 0.5, 1.6, 1.3, 1.2
_ASCENDING = (0.95, 0.15)


def _force_length() -> Spline:
    """Give the active force-length curve: a bump, and a low one on its ascending flank."""
    knots, coefficients = bump(_SHORTEST, 1.0, _LONGEST)
    end, height = _ASCENDING
    more, added = bump(_SHORTEST, (_SHORTEST + end) / 2, end)
    return Spline(2, np.array(knots + more), np.array(coefficients + [height * value for value in added]))


def _force_velocity() -> Spline:
    """Give the force-velocity curve: 0 at -1, 1 at 0 with slope 2, 1.2 from 0.2 on."""
    rise = _LENGTHENING - 1
    return Spline(2, np.array([-1.0, 0.0, rise]), np.array([1.0, -1.0 - 1.0 / rise, 1.0 / rise]))


@dataclass(frozen=True, eq=False)
class Muscles:
    """Hill muscles with rigid tendons.

    Muscles pull only: the force of one is F = F_max × (activation × f_L(l) × f_V(v) + f_P(l)), where l is the
    length in units of the optimal length and v the velocity in units of the greatest shortening velocity. The
    curves are the piecewise parabolas (for f_P: cubic, then straight) of MuJoCo's muscle, as its manual
    gives them ("FLV muscle model"): all are once continuously differentiable, also at rest.

    Lengths are polynomials of the angles q: a + b (q − q₀) + c (q − q₀)², summed over the joints.

    Geometry, optimal lengths, tendons and forces are those of MotorNet's `RigidTendonArm26` (Codol et al.
    2024, after Kistemaker et al. 2010 and Nijhof & Kouwenhoven 2000). The greatest shortening velocity is ten
    optimal lengths per second (Thelen 2003).

    Attributes
    ----------
    max_force_n, optimal_m, tendon_m, max_shortening_m_s : (muscle,)
    length_m, slope_m, curvature_m : (muscle,), (joint, muscle), (joint, muscle)
        The numbers a, b and c of the length of muscle and tendon.
    reference_rad : (joint,)
        The angles q₀.
    """

    max_force_n: Array
    optimal_m: Array
    tendon_m: Array
    max_shortening_m_s: Array
    length_m: Array
    slope_m: Array
    curvature_m: Array
    reference_rad: Array
    force_length: Spline
    force_velocity: Spline

    def lengths_m(self, angles: Array) -> Array:
        """Give the lengths of the muscles, without tendons, (…, muscle)."""
        bent = angles - self.reference_rad
        return self.length_m - self.tendon_m + bent @ self.slope_m + bent**2 @ self.curvature_m

    def velocities_m_s(self, angles: Array, velocities: Array) -> Array:
        """Give how fast the muscles lengthen, (…, muscle)."""
        bent = angles - self.reference_rad
        return velocities @ self.slope_m + (2 * bent * velocities) @ self.curvature_m

    def moment_arms_m(self, angles: Array) -> Array:
        """Give by how much a joint lengthens a muscle, (…, joint, muscle): torques are −arm × force."""
        bent = angles - self.reference_rad
        return self.slope_m + 2 * bent[..., None] * self.curvature_m

    def forces_n(self, activations: Array, lengths_m: Array, velocities_m_s: Array) -> Array:
        """Give the forces of muscles (…, muscle)."""
        active, passive = self.force_parts_n(lengths_m, velocities_m_s)
        return activations * active + passive

    def force_parts_n(self, lengths_m: Array, velocities_m_s: Array) -> tuple[Array, Array]:
        """Give the force that full activation adds, and the one that is there without: both (…, muscle)."""
        length = lengths_m / self.optimal_m
        shape = self.force_length(length) * self.force_velocity(velocities_m_s / self.max_shortening_m_s)
        return self.max_force_n * shape, self.max_force_n * _passive(length)

    def torques(self, angles: Array, forces_n: Array) -> Array:
        """Give the torques (…, joint) that forces (…, muscle) make."""
        bent = angles - self.reference_rad
        return -(forces_n @ self.slope_m.T + 2 * bent * (forces_n @ self.curvature_m.T))


def _passive(length: Array) -> Array:
    """Give the passive force-length curve: cubic from the optimal length, straight from half way to 1.6."""
    half = (_LONGEST - 1) / 2
    stretch = positive_part((length - 1) / half)
    beyond = positive_part(stretch - 1)
    return 0.25 * _PASSIVE * (stretch**3 - beyond**2 * (beyond + 3))


def _six() -> Muscles:
    optimal_m = np.array([0.134, 0.140, 0.092, 0.093, 0.137, 0.127])
    return Muscles(
        max_force_n=np.array([838.0, 1207.0, 1422.0, 1549.0, 414.0, 603.0]),
        optimal_m=optimal_m,
        tendon_m=np.array([0.039, 0.066, 0.172, 0.187, 0.204, 0.217]),
        max_shortening_m_s=10 * optimal_m,
        length_m=np.array([0.151, 0.2322, 0.2859, 0.2355, 0.3329, 0.2989]),
        slope_m=np.array([[-0.03, 0.03, 0, 0, -0.03, 0.03], [0, 0, -0.014, 0.025, -0.016, 0.03]]),
        curvature_m=np.array([[0.0] * 6, [0, 0, -0.004, -0.0022, -0.0057, -0.0032]]),
        reference_rad=np.array([np.pi / 2, 0]),
        force_length=_force_length(),
        force_velocity=_force_velocity(),
    )


SIX_MUSCLES = _six()
"""In double precision, for NumPy."""


def muscles_like(array: Array, muscles: Muscles = SIX_MUSCLES) -> Muscles:
    """Give the muscles in the library, in the (real) precision and on the device of an array."""
    if is_numpy_array(array):
        return _converted(muscles, np.asarray, np.real(array).dtype, "cpu")
    return _converted(muscles, array_namespace(array).asarray, array.dtype, device(array))


@lru_cache(maxsize=32)
def _converted(muscles: Muscles, new: Callable[..., Array], dtype: Any, on: Any) -> Muscles:
    def convert(values: Array) -> Array:
        if isinstance(values, Spline):
            return Spline(values.power, convert(values.knots), convert(values.coefficients))
        return new(values, dtype=dtype, device=on)

    found = {field.name: convert(getattr(muscles, field.name)) for field in fields(muscles)}
    return replace(muscles, **found)
