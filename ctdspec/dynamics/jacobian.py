"""The Jacobian of one step with respect to the state, by NumPy alone."""

from __future__ import annotations

import math
import warnings

import numpy as np

from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.errors import UsageError

_COMPLEX_STEP = 1e-30
_RELATIVE_STEP = float(np.finfo(float).eps) ** (1 / 3)
_SAME = 1e-5
_N_PROBES = 8
_VALUES_AT_ONCE = 2**16


def jacobian(dynamics: Dynamics, states: np.ndarray, inputs: np.ndarray, scale: float) -> np.ndarray:
    """Give the Jacobian of the noise-free step, exact to rounding where the step is analytic.

    Analytic steps are differentiated by complex steps, others (a rectifier, a modulus, a step that takes no
    complex numbers) by central differences, which are good to about 1e-10 of the Jacobian's size away from
    kinks; `is_analytic` says which.

    Parameters
    ----------
    states : (…, latent)
    inputs : (…, input)
        Broadcast against the leading axes of the states.
    scale
        Typical size of a change of the state; central differences take steps of 6e-6 times that.

    Returns
    -------
    (…, latent, latent) float64: the derivative of new latent i with respect to old latent j at [..., i, j].

    Raises
    ------
    UsageError
        If the step does not keep double precision.
    """
    if is_analytic(dynamics, states, inputs, scale):
        return complex_step_jacobian(dynamics, states, inputs)
    return central_difference_jacobian(dynamics, states, inputs, scale)


def is_analytic(dynamics: Dynamics, states: np.ndarray, inputs: np.ndarray, scale: float) -> bool:
    """Say whether complex steps give the derivative of the step, judged by central differences.

    Compared is the derivative in one direction at up to eight of the states, to 1e-5.

    Raises
    ------
    UsageError
        If the step does not keep double precision.
    """
    points, drives = _as_rows(states, inputs)
    every = max(1, len(points) // _N_PROBES)
    points, drives = points[::every][:_N_PROBES], drives[::every][:_N_PROBES]
    direction = np.cos(np.arange(1, points.shape[1] + 1))
    h = _RELATIVE_STEP * scale
    ahead = _double(dynamics.step(points + h * direction, drives))
    expected = (ahead - _double(dynamics.step(points - h * direction, drives))) / (2 * h)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            found = dynamics.step(points + 1j * _COMPLEX_STEP * direction, drives).imag / _COMPLEX_STEP
    except (TypeError, np.exceptions.ComplexWarning):
        return False
    return bool(np.abs(found - expected).max(initial=0) <= _SAME * np.abs(expected).max(initial=0))


def complex_step_jacobian(dynamics: Dynamics, states: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Give the Jacobian of an analytic step by complex steps: Im F(x + ih e) / h (Squire & Trapp 1998).

    There is no difference to cancel, so with h = 1e-30 the error is that of rounding. Shapes are those of
    `jacobian`.
    """
    points, drives = _as_rows(states, inputs)
    directions = 1j * _COMPLEX_STEP * np.eye(points.shape[1])
    columns = np.imag(_perturbed(dynamics, points, drives, directions, complex)) / _COMPLEX_STEP
    return columns.swapaxes(1, 2).reshape(*states.shape, states.shape[-1])


def central_difference_jacobian(
    dynamics: Dynamics, states: np.ndarray, inputs: np.ndarray, scale: float
) -> np.ndarray:
    """Give the Jacobian of any step by central differences; shapes and `scale` as in `jacobian`.

    For the GRU it takes a third of the time of complex steps, whose hyperbolic tangent is slow.
    """
    points, drives = _as_rows(states, inputs)
    h = _RELATIVE_STEP * scale
    directions = h * np.eye(points.shape[1])
    columns = _perturbed(dynamics, points, drives, directions, float)
    columns -= _perturbed(dynamics, points, drives, -directions, float)
    return (columns / (2 * h)).swapaxes(1, 2).reshape(*states.shape, states.shape[-1])


def forward_difference_jacobian(
    dynamics: Dynamics, states: np.ndarray, inputs: np.ndarray, scale: float
) -> np.ndarray:
    """Give the Jacobian of any step to about 1e-7, at half the cost of central differences: for searches."""
    points, drives = _as_rows(states, inputs)
    h = float(np.finfo(float).eps) ** 0.5 * scale
    columns = _perturbed(dynamics, points, drives, h * np.eye(points.shape[1]), float)
    columns -= dynamics.step(points, drives)[:, None]
    return (columns / h).swapaxes(1, 2).reshape(*states.shape, states.shape[-1])


def _as_rows(states: np.ndarray, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give states (point, latent) and inputs (point, input) in double precision."""
    drives = np.broadcast_to(np.asarray(inputs, float), (*states.shape[:-1], inputs.shape[-1]))
    n_points = math.prod(states.shape[:-1])
    points = np.asarray(states, float).reshape(n_points, states.shape[-1])
    return points, drives.reshape(n_points, inputs.shape[-1])


def _perturbed(
    dynamics: Dynamics, points: np.ndarray, drives: np.ndarray, directions: np.ndarray, dtype: type
) -> np.ndarray:
    """Give the step at every point moved in every direction, (point, direction, latent), block by block."""
    n_points, n_latents = points.shape
    moved = np.empty((n_points, len(directions), n_latents), dtype)
    at_once = max(1, _VALUES_AT_ONCE // max(1, n_latents**2))
    for start in range(0, n_points, at_once):
        block = slice(start, start + at_once)
        states = (points[block, None] + directions).reshape(-1, n_latents)
        stepped = dynamics.step(states, np.repeat(drives[block], len(directions), axis=0))
        moved[block] = stepped.reshape(moved[block].shape)
    return moved


def _double(states: np.ndarray) -> np.ndarray:
    """Refuse what is not in double precision.

    Raises
    ------
    UsageError
        If it is not.
    """
    if states.dtype != np.float64:
        raise UsageError(
            f"the step of the dynamics gave {states.dtype} for float64 states; derivatives need float64: "
            "let the step keep the precision of its states"
        )
    return states
