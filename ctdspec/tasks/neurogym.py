"""Any supervised environment of the NeuroGym package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from ctdspec.errors import UsageError
from ctdspec.spec.explain import unknown_name
from ctdspec.spec.placed import PlacedError, at
from ctdspec.tasks._neurogym import actions, make, next_trial, observations, seeded
from ctdspec.tasks.task import Epochs, Task, Trials


class NeuroGym(Task):
    """A task of NeuroGym (Molano-Mazón et al. 2022), by the name of its environment.

    The environment's observations are the inputs; its own noise is part of them, so that stimulus and inputs
    are the same. Outputs follow the environment's actions: one output for each discrete action, the right
    one being 1 and the others 0, or one for each dimension of a continuous action. The environment's periods
    are the phases.

    Only environments that say what is right at every moment will do, and only those whose trials a seed
    determines. Validation makes the environment, so even reading such a spec needs the package.
    """

    kind: Literal["neurogym"]
    environment: str = Field(min_length=1, max_length=200)
    """Name of the environment, e.g. PerceptualDecisionMaking-v0."""
    settings: dict[str, Any] = Field(max_length=100)
    """What the environment is made with, e.g. its timing in milliseconds; an empty mapping for its own
    defaults. Its time step is `bin_s`."""
    rest_action: int | None = Field(default=None, ge=0)
    """For discrete actions: the action of waiting. Bins that ask for it do not count towards the accuracy,
    unless a trial asks for nothing else; left out, all bins count alike."""
    tolerance: float | None = Field(default=None, gt=0)
    """For continuous actions: the largest error of an output that counts as right."""

    @field_validator("environment")
    @classmethod
    def _ensure_environment_exists(cls, environment: str) -> str:
        missing = [name for name in ("neurogym", "torch") if find_spec(name) is None]
        if missing:
            raise ValueError(
                f"this task needs {' and '.join(missing)}, which the base installation leaves out; in a "
                "checkout: uv sync --extra neurogym, elsewhere: pip install 'ctdspec[neurogym]'"
            )
        from neurogym.envs.registration import ALL_EXTENDED_ENVS

        if environment not in ALL_EXTENDED_ENVS:
            raise unknown_name(
                "environment of neurogym", environment, dict(sorted(ALL_EXTENDED_ENVS.items()))
            )
        return environment

    @model_validator(mode="after")
    def _ensure_environment_is_supervised(self) -> NeuroGym:
        with at("settings"):
            settings = _as_key(self.settings)
            make(self.environment, settings, self._step_ms)
        with at("environment"):
            space = actions(self.environment, settings, self._step_ms)
        if space.longest_bins > self.n_bins:
            raise PlacedError(self._too_long(space.longest_bins, self.n_bins), ("trial_s",))
        if space.discrete and self.tolerance is not None:
            raise ValueError(f"tolerance is for continuous actions, and {self.environment} has discrete ones")
        if not space.discrete and (self.tolerance is None or self.rest_action is not None):
            raise ValueError(f"{self.environment} has continuous actions: give tolerance and no rest_action")
        if (self.rest_action or 0) >= len(space.names):
            raise ValueError(f"rest_action must be below {len(space.names)}, the number of actions")
        return self

    @property
    def input_names(self) -> tuple[str, ...]:
        """The channels of the environment's observations."""
        return observations(self.environment, _as_key(self.settings), self._step_ms)

    @property
    def output_names(self) -> tuple[str, ...]:
        """The environment's actions."""
        return actions(self.environment, _as_key(self.settings), self._step_ms).names

    def sample(self, n_trials: int, rng: np.random.Generator, n_bins: int | None = None) -> Trials:
        """Draw trials of an environment made anew, one after the other.

        Raises
        ------
        UsageError
            If a trial is longer than the declared length, or than `n_bins`.
        """
        n_bins = n_bins or self.n_bins
        environment = seeded(self.environment, _as_key(self.settings), self._step_ms, rng)
        shape = (n_trials, n_bins)
        inputs = np.zeros((*shape, len(self.input_names)), np.float32)
        targets = np.full((*shape, len(self.output_names)), np.nan, np.float32)
        valid = np.zeros(shape, bool)
        periods: list[dict[str, tuple[int, int]]] = []
        for trial in range(n_trials):
            shown, asked, found = next_trial(environment)
            n = len(shown)
            if n > n_bins:
                raise UsageError(self._too_long(n, n_bins))
            inputs[trial, :n], valid[trial, :n] = shown, True
            targets[trial, :n] = self._as_outputs(asked)
            periods.append(found)
        scored = np.broadcast_to(valid[..., None], targets.shape).copy()
        return Trials(inputs, inputs.copy(), targets, scored, valid, epochs=_epochs(periods))

    def accuracy(self, outputs: np.ndarray, trials: Trials) -> np.ndarray:
        """Give the share of bins that are right.

        A bin is right if the largest output is the right action, or if no output is off by more than the
        tolerance.
        """
        counts = trials.valid.copy()
        if self.tolerance is not None:
            right = (np.abs(outputs - trials.targets) <= self.tolerance).all(axis=2)
        else:
            asked = np.nan_to_num(trials.targets).argmax(axis=2)
            right = outputs.argmax(axis=2) == asked
            acting = counts & (asked != self.rest_action)
            counts = np.where(acting.any(axis=1, keepdims=True), acting, counts)
        return (right & counts).sum(axis=1) / counts.sum(axis=1)

    @property
    def _step_ms(self) -> float:
        return round(self.bin_s * 1000, 6)

    def _too_long(self, found: int, n_bins: int) -> str:
        return (
            f"a trial of {self.environment} lasts {found * self.bin_s:g} s, longer than trial_s "
            f"({n_bins * self.bin_s:g}): raise trial_s, or shorten settings.timing"
        )

    def _as_outputs(self, asked: np.ndarray) -> np.ndarray:
        """Turn the right actions of a trial into targets (time, output)."""
        if self.tolerance is not None:
            return asked
        return np.eye(len(self.output_names), dtype=np.float32)[asked.astype(int)]


def _epochs(periods: list[dict[str, tuple[int, int]]]) -> Mapping[str, Epochs]:
    """Gather the periods of trials, in the order of their first appearance in time."""
    names = dict.fromkeys(name for found in periods for name in sorted(found, key=lambda key: found[key]))
    return {
        name: Epochs(
            f"Period {name} of the environment.",
            *np.array([found.get(name, (0, 0)) for found in periods], np.int64).T,
        )
        for name in names
    }


def _as_key(settings: dict[str, Any]) -> str:
    """Write settings as text, so that what depends on them can be kept.

    Raises
    ------
    ValueError
        If they hold a time step, which is `bin_s`.
    """
    if "dt" in settings:
        raise ValueError("the time step is bin_s; leave out dt")
    return json.dumps(settings, sort_keys=True)
