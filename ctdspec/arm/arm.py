"""The arm: skeleton and muscles, step by step."""

from __future__ import annotations

from array_api_compat import array_namespace

from ctdspec.arm.activation import activate
from ctdspec.arm.muscles import MUSCLES, muscles_like
from ctdspec.arm.skeleton import JOINTS, Skeleton
from ctdspec.dynamics.dynamics import Array

SKELETON = Skeleton()
ANGLES, VELOCITIES, ACTIVATIONS = slice(0, 2), slice(2, 4), slice(4, 10)
"""Where angles (rad), angular velocities (rad/s) and activations stand in the state of the arm."""
N_BODY = len(JOINTS) * 2 + len(MUSCLES)
"""Dimension of the state of the arm."""
LOWEST_RAD, HIGHEST_RAD = (0.0, 0.0), (2.356194490192345, 2.705260340591211)
"""How far the joints turn: the shoulder from 0° to 135°, the elbow from 0° to 155°."""


def arm_accelerations(body: Array, hand_force_n: Array | None = None) -> Array:
    """Give the angular accelerations (trial, joint) in rad/s² of arms in states (trial, body).

    `hand_force_n` (trial, 2) is what pushes the hand.
    """
    muscles = muscles_like(body)
    angles, velocities = body[..., ANGLES], body[..., VELOCITIES]
    forces_n = muscles.forces_n(
        body[..., ACTIVATIONS], muscles.lengths_m(angles), muscles.velocities_m_s(angles, velocities)
    )
    torques = muscles.torques(angles, forces_n)
    if hand_force_n is not None:
        torques = torques + SKELETON.torques_of_hand_force(angles, hand_force_n)
    return SKELETON.accelerations(angles, velocities, torques)


def arm_step(
    body: Array, excitations: Array, dt_s: float, steps: int, hand_force_n: Array | None = None
) -> Array:
    """Advance arms in states (trial, body) by `steps` steps of `dt_s`.

    Excitations (trial, muscle) lie between 0 and 1; they and the force on the hand (trial, 2) in N are held.
    Activations follow an exponential step, then velocities, then angles (symplectic Euler: order 1). A joint
    that comes to its end stops there.
    """
    xp = array_namespace(body)
    for _ in range(steps):
        activations = activate(body[..., ACTIVATIONS], excitations, dt_s)
        body = xp.concat([body[..., : ACTIVATIONS.start], activations], axis=-1)
        velocities = body[..., VELOCITIES] + dt_s * arm_accelerations(body, hand_force_n)
        free = body[..., ANGLES] + dt_s * velocities
        angles = _within(free)
        velocities = xp.where(angles == free, velocities, 0.0)
        body = xp.concat([angles, velocities, activations], axis=-1)
    return body


def resting_arm(angles: Array) -> Array:
    """Give the state (…, body) of arms that stand still at angles (…, joint), their muscles silent."""
    xp = array_namespace(angles)
    silent = xp.zeros((*angles.shape[:-1], N_BODY - len(JOINTS)), dtype=angles.dtype)
    return xp.concat([angles, silent], axis=-1)


def _within(angles: Array) -> Array:
    """Give angles (…, joint), those beyond the end of a joint at its end."""
    xp = array_namespace(angles)
    ends = [
        xp.where(angles[..., joint] < low, low, xp.where(angles[..., joint] > high, high, angles[..., joint]))
        for joint, (low, high) in enumerate(zip(LOWEST_RAD, HIGHEST_RAD, strict=True))
    ]
    return xp.stack(ends, axis=-1)
