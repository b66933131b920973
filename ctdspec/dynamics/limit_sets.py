"""Where a system ends when it is left alone, from many states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.dynamics.dynamics import Dynamics

_TRAVELS, _LASTS = 0.25, 0.9
"""Within a tenth of a run a cycle goes further than this share of its size, and keeps this share of it."""


@dataclass(frozen=True)
class LimitSets:
    """The ends of runs without noise, inputs held.

    Attributes
    ----------
    ends : (start, latent)
        Last states.
    cycling : (start,) bool
        Ends that still travel and do not die down: on a cycle or a chaotic attractor.
    away : (start,) bool
        Ends that are not at the resting point that was given.
    lost : (start,) bool
        Runs that grew without bound.
    amplitude : (start,)
        Largest distance from the resting point within the last tenth of the run.
    """

    ends: np.ndarray
    cycling: np.ndarray
    away: np.ndarray
    lost: np.ndarray
    amplitude: np.ndarray


def limit_sets(
    dynamics: Dynamics,
    starts: np.ndarray,
    rest: np.ndarray,
    inputs: np.ndarray,
    n_bins: int,
    small: float,
) -> LimitSets:
    """Run each state for so many bins without noise, and tell where it went.

    Parameters
    ----------
    starts : (start, latent)
    rest : (latent,)
        A resting point; ends are told apart by their distance from it.
    inputs : (input,)
        Held.
    n_bins
        Many periods of what may turn.
    small
        Distances from the resting point below this count as none.
    """
    states = np.array(starts, float)
    held, tenth = np.broadcast_to(inputs, (len(states), len(inputs))), max(1, n_bins // 10)
    earlier, amplitude, path = (np.zeros(len(states)) for _ in range(3))
    before = states
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(n_bins):
            before = states if t == n_bins - tenth else before
            states = dynamics.step(states, held)
            if t >= n_bins - 2 * tenth:
                distance = np.linalg.norm(states - rest, axis=1)
                if t < n_bins - tenth:
                    earlier = np.maximum(earlier, distance)
                else:
                    amplitude = np.maximum(amplitude, distance)
                    path = np.maximum(path, np.linalg.norm(states - before, axis=1))
    lost = ~np.isfinite(amplitude) | ~np.isfinite(states).all(axis=1)
    # What creeps, or turns and dies down, has not come to rest, but is on no cycle.
    travels = (path > _TRAVELS * amplitude) & (amplitude >= _LASTS * earlier)
    away = lost | (amplitude > small)
    return LimitSets(states, ~lost & away & travels, away, lost, amplitude)
