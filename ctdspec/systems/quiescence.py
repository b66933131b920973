"""Whether a system comes to rest when it is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from ctdspec.dynamics.integrate import rk4
from ctdspec.errors import UsageError
from ctdspec.spec.node import Node

if TYPE_CHECKING:
    from ctdspec.systems.vector_field import VectorField

_DT = 0.1
_AT_REST = 1e-6


class Quiescence(Node):
    """What it takes to count as quiescent: without noise, states run down to the origin."""

    states: int = Field(ge=1, le=1000)
    """How many states are tried."""
    sd: float = Field(gt=0)
    """Standard deviation of the states that are tried, per coordinate."""
    duration: float = Field(gt=0, le=10_000)
    """How long they run, in units of the system's own time."""
    rms_below: float = Field(gt=0)
    """How small the root mean square of every state must be at the end."""


def ensure_quiescent(
    system: VectorField, quiescence: Quiescence, rng: np.random.Generator, name: str
) -> None:
    """Refuse a system that has another attractor than the origin.

    It is looked for from random states, in steps of 0.1 of the system's own time by Runge–Kutta.

    Raises
    ------
    UsageError
        With what kind of attractor was found, and how large it is.
    """
    states = quiescence.sd * rng.standard_normal((quiescence.states, system.n_latents))

    def field(at: np.ndarray) -> np.ndarray:
        return system.field(at, None)

    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(round(quiescence.duration / _DT)):
            states = rk4(field, states, _DT)
        rms, speed = _rms(states), _rms(field(states))
    loud = ~(rms < quiescence.rms_below)
    if loud.any():
        largest = float(np.nan_to_num(rms, nan=np.inf).max())
        raise UsageError(
            f"{name} is not quiescent: {loud.sum()} of {quiescence.states} states ended "
            f"{_attractor(rms[loud], speed[loud])}, with a root mean square of up to {largest:.3g} "
            f"(allowed: {quiescence.rms_below:g}) after {quiescence.duration:g} units of time; take another "
            "draw or weaker weights, or leave accept out"
        )


def _attractor(rms: np.ndarray, speed: np.ndarray) -> str:
    if not np.isfinite(rms).all():
        return "nowhere: they grow without bound"
    if np.all(speed < _AT_REST * rms):
        return "at fixed points away from the origin"
    if np.all(speed > _AT_REST * rms):
        return "moving: on a cycle, on a chaotic attractor, or too slow to come to rest"
    return "on attractors of several kinds"


def _rms(states: np.ndarray) -> np.ndarray:
    return np.sqrt(np.mean(states**2, axis=-1))
