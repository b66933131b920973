"""The least muscle activity that gives wanted torques."""

from __future__ import annotations

import numpy as np

from ctdspec.errors import UsageError

_MOST_STEPS = 100
_MOST_HALVINGS = 40
_TOLERANCE = 1e-10
_RIDGE = 1e-6


def least_activity(strength: np.ndarray, torque: np.ndarray, lowest: float) -> np.ndarray:
    """Give the activations in [lowest, 1] of the least sum of squares that give the wanted torques.

    This is static optimisation (Crowninshield & Brand 1981, with squares), solved by its dual: with one
    multiplier for each joint, the activation of a muscle is the sum of its strengths times the multipliers,
    clipped to its bounds. Newton's method finds the multipliers for which the torques are right.

    Parameters
    ----------
    strength : (…, joint, muscle)
        Torque of each muscle that is fully active.
    torque : (…, joint)
        Torque that all muscles are to give together.
    lowest
        The least activation.

    Returns
    -------
    (…, muscle)

    Raises
    ------
    UsageError
        If the muscles cannot give these torques.
    """
    unit = np.abs(strength).max()
    strength, torque = strength / unit, torque / unit
    multipliers = np.zeros_like(torque)
    for _ in range(_MOST_STEPS):
        pull = np.einsum("...jm,...j->...m", strength, multipliers)
        missing = torque - np.einsum("...jm,...m->...j", strength, pull.clip(lowest, 1))
        if np.abs(missing).max() < _TOLERANCE:
            return pull.clip(lowest, 1)
        free = (pull > lowest) & (pull < 1)
        curvature = np.einsum("...jm,...m,...km->...jk", strength, free, strength)
        step = np.linalg.solve(curvature + _RIDGE * np.eye(torque.shape[-1]), missing[..., None])[..., 0]
        multipliers = multipliers + _shortened(step, multipliers, strength, torque, lowest)
    raise UsageError(
        f"the muscles cannot give torques up to {unit * np.abs(torque).max():.3g} N m in these postures: "
        "ask for slower or shorter reaches"
    )


def _shortened(
    step: np.ndarray, multipliers: np.ndarray, strength: np.ndarray, torque: np.ndarray, lowest: float
) -> np.ndarray:
    """Halve each step until the dual cost, which is convex, does not grow."""
    before = _dual_cost(multipliers, strength, torque, lowest)
    for _ in range(_MOST_HALVINGS):
        grows = _dual_cost(multipliers + step, strength, torque, lowest) > before + 1e-15
        if not grows.any():
            break
        step = np.where(grows[..., None], step / 2, step)
    return step


def _dual_cost(
    multipliers: np.ndarray, strength: np.ndarray, torque: np.ndarray, lowest: float
) -> np.ndarray:
    pull = np.einsum("...jm,...j->...m", strength, multipliers)
    clipped = pull.clip(lowest, 1)
    return (clipped * pull - clipped**2 / 2).sum(-1) - (torque * multipliers).sum(-1)
