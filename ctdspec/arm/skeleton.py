"""The two-joint arm: its geometry and its mechanics."""

from __future__ import annotations

import math
from dataclasses import dataclass

from array_api_compat import array_namespace

from ctdspec.dynamics.dynamics import Array

JOINTS = ("shoulder", "elbow")


@dataclass(frozen=True)
class Skeleton:
    """Upper arm and forearm with hand, moving in the horizontal plane around a fixed shoulder.

    The shoulder is the origin; x points to the right, y forwards. The shoulder's angle is that of the upper
    arm with x, the elbow's is the flexion: 0 is a straight arm. Angles, velocities, accelerations and torques
    are (…, joint), in rad, rad/s, rad/s² and N m; places and forces of the hand are (…, 2), in m and N.

    The numbers are those of the arm of MotorNet (Codol et al. 2024), which are those of Kistemaker et al.
    (2010).
    """

    upper_arm_m: float = 0.309
    forearm_m: float = 0.333
    upper_arm_kg: float = 1.82
    forearm_kg: float = 1.43
    upper_arm_centre_m: float = 0.135
    """From the shoulder to the centre of mass of the upper arm."""
    forearm_centre_m: float = 0.165
    """From the elbow to the centre of mass of the forearm."""
    upper_arm_kg_m2: float = 0.051
    """Moment of inertia around the centre of mass."""
    forearm_kg_m2: float = 0.057
    """Moment of inertia around the centre of mass."""
    damping_n_m_s: float = 0.0
    """Viscous friction of each joint."""

    def hand(self, angles: Array) -> Array:
        """Give the place of the hand."""
        xp = array_namespace(angles)
        first, both = angles[..., 0], angles[..., 0] + angles[..., 1]
        x = self.upper_arm_m * xp.cos(first) + self.forearm_m * xp.cos(both)
        y = self.upper_arm_m * xp.sin(first) + self.forearm_m * xp.sin(both)
        return xp.stack([x, y], axis=-1)

    def hand_velocity(self, angles: Array, velocities: Array) -> Array:
        """Give the velocity of the hand in m/s."""
        xp = array_namespace(angles)
        first, both = angles[..., 0], angles[..., 0] + angles[..., 1]
        upper = self.upper_arm_m * velocities[..., 0]
        fore = self.forearm_m * (velocities[..., 0] + velocities[..., 1])
        x = -upper * xp.sin(first) - fore * xp.sin(both)
        return xp.stack([x, upper * xp.cos(first) + fore * xp.cos(both)], axis=-1)

    def angles_at(self, hand: Array) -> Array:
        """Give the angles that bring the hand to a place, the elbow bent forwards; NaN out of reach."""
        xp = array_namespace(hand)
        x, y = hand[..., 0], hand[..., 1]
        sides = self.upper_arm_m**2 + self.forearm_m**2
        elbow = xp.acos((x**2 + y**2 - sides) / (2 * self.upper_arm_m * self.forearm_m))
        behind = xp.atan2(self.forearm_m * xp.sin(elbow), self.upper_arm_m + self.forearm_m * xp.cos(elbow))
        # Directions are counted from straight ahead, so that they jump where no hand can be: behind the body.
        return xp.stack([math.pi / 2 + xp.atan2(-x, y) - behind, elbow], axis=-1)

    def torques_of_hand_force(self, angles: Array, force_n: Array) -> Array:
        """Give the torques by which a force on the hand acts: the transposed Jacobian of `hand`."""
        xp = array_namespace(angles)
        first, both = angles[..., 0], angles[..., 0] + angles[..., 1]
        at_elbow = self.forearm_m * (xp.cos(both) * force_n[..., 1] - xp.sin(both) * force_n[..., 0])
        at_upper = self.upper_arm_m * (xp.cos(first) * force_n[..., 1] - xp.sin(first) * force_n[..., 0])
        return xp.stack([at_upper + at_elbow, at_elbow], axis=-1)

    def accelerations(self, angles: Array, velocities: Array, torques: Array) -> Array:
        """Give the angular accelerations that torques cause."""
        xp = array_namespace(angles)
        a, b, d = self._inertias(angles)
        driven = torques - self._bias(angles, velocities)
        shoulder, elbow = driven[..., 0], driven[..., 1]
        determinant = a * d - b * b
        solved = [(d * shoulder - b * elbow) / determinant, (a * elbow - b * shoulder) / determinant]
        return xp.stack(solved, axis=-1)

    def torques(self, angles: Array, velocities: Array, accelerations: Array) -> Array:
        """Give the torques that cause angular accelerations: the inverse of `accelerations`."""
        xp = array_namespace(angles)
        a, b, d = self._inertias(angles)
        shoulder, elbow = accelerations[..., 0], accelerations[..., 1]
        moved = xp.stack([a * shoulder + b * elbow, b * shoulder + d * elbow], axis=-1)
        return moved + self._bias(angles, velocities)

    def kinetic_energy_j(self, angles: Array, velocities: Array) -> Array:
        """Give the kinetic energy (…,)."""
        a, b, d = self._inertias(angles)
        shoulder, elbow = velocities[..., 0], velocities[..., 1]
        return 0.5 * (a * shoulder**2 + 2 * b * shoulder * elbow + d * elbow**2)

    @property
    def _coupling(self) -> float:
        return self.forearm_kg * self.upper_arm_m * self.forearm_centre_m

    def _inertias(self, angles: Array) -> tuple[Array, Array, float]:
        """Give the entries a, b and d of the mass matrix [[a, b], [b, d]]."""
        coupled = self._coupling * array_namespace(angles).cos(angles[..., 1])
        fore = self.forearm_kg_m2 + self.forearm_kg * self.forearm_centre_m**2
        upper = self.upper_arm_kg_m2 + self.upper_arm_kg * self.upper_arm_centre_m**2
        upper += self.forearm_kg * self.upper_arm_m**2
        return upper + fore + 2 * coupled, fore + coupled, fore

    def _bias(self, angles: Array, velocities: Array) -> Array:
        """Give the torques that hold the velocities: centrifugal, Coriolis and friction."""
        xp = array_namespace(angles)
        turn = self._coupling * xp.sin(angles[..., 1])
        shoulder, elbow = velocities[..., 0], velocities[..., 1]
        inertial = xp.stack([-turn * elbow * (2 * shoulder + elbow), turn * shoulder**2], axis=-1)
        return inertial + self.damping_n_m_s * velocities
