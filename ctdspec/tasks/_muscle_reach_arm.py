"""From the motion of a hand to the activity of the muscles that make it."""

from __future__ import annotations

import numpy as np

from ctdspec.arm.muscles import SIX_MUSCLES
from ctdspec.arm.skeleton import Skeleton
from ctdspec.errors import UsageError
from ctdspec.tasks._muscle_reach_activity import least_activity
from ctdspec.tasks._muscle_reach_paths import Motion

_SKELETON = Skeleton()


def muscle_activity(motion: Motion, lowest: float) -> np.ndarray:
    """Give the least activations, (…, muscle), that move the hand of the arm (`ctdspec.arm`) so.

    The motion of the hand gives the angles of the joints, these give the torques, and static optimisation
    shares the torques among the muscles, whose strengths follow from their lengths and velocities.

    Raises
    ------
    UsageError
        If the arm does not reach so far, or is not so strong.
    """
    angles, velocities, accelerations = joint_motion(motion)
    active_n, passive_n = SIX_MUSCLES.force_parts_n(
        SIX_MUSCLES.lengths_m(angles), SIX_MUSCLES.velocities_m_s(angles, velocities)
    )
    torques = _SKELETON.torques(angles, velocities, accelerations) - SIX_MUSCLES.torques(angles, passive_n)
    strength = -SIX_MUSCLES.moment_arms_m(angles) * active_n[..., None, :]
    return least_activity(strength, torques, lowest)


def joint_motion(motion: Motion) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the angles, velocities and accelerations of the joints, (…, joint) in rad, rad/s and rad/s².

    Raises
    ------
    UsageError
        If the arm does not reach so far.
    """
    with np.errstate(invalid="ignore"):
        angles = _SKELETON.angles_at(motion.position)
    if np.isnan(angles).any():
        longest_m = np.linalg.norm(motion.position, axis=-1).max()
        raise UsageError(
            f"the hand is to be {longest_m:.3g} m from the shoulder, farther than the arm reaches"
        )
    along_joints = [_SKELETON.hand_velocity(angles, np.broadcast_to(row, angles.shape)) for row in np.eye(2)]
    jacobian = np.stack(along_joints, axis=-1)
    velocities = np.linalg.solve(jacobian, motion.velocity[..., None])[..., 0]
    turning = motion.acceleration - _centripetal(angles, velocities)
    return angles, velocities, np.linalg.solve(jacobian, turning[..., None])[..., 0]


def _centripetal(angles: np.ndarray, velocities: np.ndarray) -> np.ndarray:
    """Give the acceleration (…, 2) of the hand while the joints turn evenly."""
    absolute, turning = angles.cumsum(axis=-1), velocities.cumsum(axis=-1)
    inwards = turning**2 * np.array([_SKELETON.upper_arm_m, _SKELETON.forearm_m])
    return -np.stack([(inwards * np.cos(absolute)).sum(-1), (inwards * np.sin(absolute)).sum(-1)], axis=-1)
