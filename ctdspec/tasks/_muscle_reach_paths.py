"""The hand's paths: straight and curved reaches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from ctdspec.spec.node import Node

_BOWS = {"straight": 0, "left": 1, "right": -1}
"""The shapes of a path, and to which side it bows, seen along it."""


@dataclass(frozen=True)
class Motion:
    """A motion in the plane: position and its derivatives with respect to time, (…, 2) in m, m/s, m/s²."""

    position: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray


class Reaches(Node):
    """Reaches from one place in evenly spaced directions, in each of them straight and bowed to either side.

    The share s of the way to the target is that of the smoothest straight movement, s = 10 t³ − 15 t⁴ + 6 t⁵
    (Flash & Hogan 1985), where t is the share of the time. A bowed path is a parabola: it is
    4 s (1 − s) × `bow_m` away from the straight one.
    """

    home_x_m: float
    """Where the hand starts, in metres to the right of the shoulder."""
    home_y_m: float
    """Where the hand starts, in metres to the front of the shoulder."""
    distance_m: float = Field(gt=0)
    """From there to the target, in metres."""
    bow_m: float = Field(gt=0)
    """How far bowed paths are from the straight one halfway, in metres."""
    movement_s: float = Field(gt=0, le=3600)
    """How long the hand moves, in seconds."""
    directions: int = Field(ge=3, le=36)
    """Number of directions, each with three reaches."""

    @property
    def names(self) -> tuple[str, ...]:
        """What each reach is called: ``040_left`` bows to the left on its way to the target at 40 degrees."""
        return tuple(
            f"{360 * number / self.directions:03.0f}_{shape}"
            for number in range(self.directions)
            for shape in _BOWS
        )

    @property
    def targets_rad(self) -> np.ndarray:
        """The direction of each reach's target, (reach,), counterclockwise from the right."""
        return np.repeat(np.arange(self.directions) * 2 * np.pi / self.directions, len(_BOWS))

    @property
    def starts_rad(self) -> np.ndarray:
        """The direction in which the hand sets off in each reach, (reach,)."""
        return self.targets_rad + np.arctan2(4 * self.bow_m * self._bows, self.distance_m)

    def motion(self, time_s: np.ndarray) -> Motion:
        """Give how the hand moves in each reach, (reach, time, 2), at times since it sets off.

        It rests before 0, and at the target after `movement_s`.
        """
        t = np.clip(time_s / self.movement_s, 0, 1)[:, None]
        s = t**3 * (10 - 15 * t + 6 * t**2)
        ds = 30 * t**2 * (1 - t) ** 2 / self.movement_s
        dds = 60 * t * (1 - t) * (1 - 2 * t) / self.movement_s**2
        cos, sin = np.cos(self.targets_rad), np.sin(self.targets_rad)
        along = self.distance_m * np.stack([cos, sin], axis=1)[:, None]
        across = 4 * self.bow_m * (self._bows * np.stack([-sin, cos])).T[:, None]
        slope = along + (1 - 2 * s) * across
        return Motion(
            position=np.array([self.home_x_m, self.home_y_m]) + s * along + s * (1 - s) * across,
            velocity=ds * slope,
            acceleration=dds * slope - 2 * ds**2 * across,
        )

    @property
    def _bows(self) -> np.ndarray:
        return np.tile(list(_BOWS.values()), self.directions)
