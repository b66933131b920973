"""The environments of NeuroGym: made, seeded and asked for trials."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

# What an environment draws before it can be seeded shows itself in some trial, unless by chance all
# are equal.
_PROBES, _PROBE_TRIALS = 6, 25


@dataclass(frozen=True)
class Actions:
    """What an environment may be answered: one of several actions, or a value for each of several names."""

    names: tuple[str, ...]
    discrete: bool
    longest_bins: int
    """Bins of the longest of the trials that were tried."""


@cache
def actions(name: str, settings: str, step_ms: float) -> Actions:
    """Give the actions of an environment, once it is sure that the environment will do.

    Raises
    ------
    ValueError
        If it is not supervised, does not keep the time step, or is not determined by a seed.
    """
    first, *others = (_probed(name, settings, step_ms) for _ in range(_PROBES))
    if not all(np.array_equal(*pair) for other in others for pair in zip(first, other, strict=True)):
        raise ValueError(f"a seed does not determine the trials of {name}: no run could be repeated")
    environment = make(name, settings, step_ms)
    if environment.unwrapped.dt != step_ms:
        raise ValueError(f"{name} has a time step of its own, {environment.unwrapped.dt:g} ms")
    space = environment.action_space
    discrete = not space.shape
    n = int(space.n) if discrete else space.shape[0]
    if discrete and (asked := max(int(answers.max()) for answers in first[1::2])) >= n:
        raise ValueError(f"{name} asks for action {asked}, but its actions go from 0 to {n - 1}")
    return Actions(_names(space, n, "action"), discrete, max(map(len, first)))


@cache
def observations(name: str, settings: str, step_ms: float) -> tuple[str, ...]:
    """Give the names of the channels that an environment shows."""
    space = make(name, settings, step_ms).observation_space
    return _names(space, space.shape[0], "observation")


def _probed(name: str, settings: str, step_ms: float) -> list[np.ndarray]:
    """Give observations and right actions, in turn, of a few trials of one seed."""
    environment = seeded(name, settings, step_ms, np.random.default_rng(0))
    found: list[np.ndarray] = []
    for _ in range(_PROBE_TRIALS):
        try:
            shown, asked, _ = next_trial(environment)
        except AttributeError as error:
            raise ValueError(
                f"{name} does not say beforehand what is shown and what is right; choose a supervised one"
            ) from error
        if shown.ndim != 2 or len(asked) != len(shown):
            raise ValueError(f"{name} must show one list of numbers at a time, and ask for an action at each")
        found += [shown, asked]
    return found


def make(name: str, settings: str, step_ms: float) -> Any:
    """Make an environment.

    Raises
    ------
    ValueError
        If it cannot be made with these settings.
    """
    import gymnasium
    from neurogym.envs.registration import ALL_EXTENDED_ENVS

    gymnasium.logger.set_level(gymnasium.logger.ERROR)  # NeuroGym's own wrappers use what is deprecated
    # As the registry of Gymnasium would do, without its warnings about what NeuroGym leaves undeclared.
    module, attribute = ALL_EXTENDED_ENVS[name].split(":")
    try:
        return getattr(import_module(module), attribute)(dt=step_ms, **json.loads(settings))
    except Exception as error:  # whatever an environment of that package finds wrong with its settings
        raise ValueError(f"{name} cannot be made with these settings: {error}") from error


def seeded(name: str, settings: str, step_ms: float, rng: np.random.Generator) -> Any:
    """Make an environment whose trials follow from the generator."""
    environment = make(name, settings, step_ms)
    environment.get_wrapper_attr("seed")(int(rng.integers(2**31)))
    return environment


def next_trial(environment: Any) -> tuple[np.ndarray, np.ndarray, dict[str, tuple[int, int]]]:
    """Give what a new trial shows (time, input), what is right (time, ...), and where its periods lie."""
    environment.get_wrapper_attr("new_trial")()
    inner = environment.unwrapped  # a schedule of environments has chosen another by now
    n = len(inner.ob)
    periods = {name: (min(start, n), min(inner.end_ind[name], n)) for name, start in inner.start_ind.items()}
    # The environment would keep these for later trials that may not have them.
    inner.start_ind.clear()
    inner.end_ind.clear()
    return np.array(inner.ob), np.array(inner.gt), periods


def _names(space: Any, n: int, default: str) -> tuple[str, ...]:
    """Name the channels of a space as it does itself; the others by number."""
    names = [f"{default}_{channel}" for channel in range(n)]
    for name, where in (getattr(space, "name", None) or {}).items():
        label = re.sub(r"[^a-z0-9]+", "_", str(name).lower())
        channels = np.atleast_1d(np.array(where)).tolist()
        for number, channel in enumerate(channels):
            names[channel] = label if len(channels) == 1 else f"{label}_{number}"
    return tuple(names)
