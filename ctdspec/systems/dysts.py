"""Any chaotic flow of the dysts package."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field, field_validator

from ctdspec.dynamics.dynamics import Array
from ctdspec.spec.explain import unknown_name
from ctdspec.systems.vector_field import VectorField

_STEP = 1e-6


class Dysts(VectorField):
    """A chaotic flow of the dysts collection (Gilpin 2021), by name, with the constants that it has there.

    Flows that remember their past, by a delay, are no differential equations of their state and are not
    offered. The exponents that the collection lists are estimates of its own, and not known truth.
    """

    kind: Literal["dysts"]
    name: str = Field(min_length=1, max_length=100)
    """Name of the flow, e.g. Halvorsen."""
    initial_sd: float = Field(ge=0)
    """Spread of the states where trials start, about the collection's own initial state, in standard
    deviations of each coordinate on the attractor; the burn-in spreads them over it."""

    @field_validator("name")
    @classmethod
    def _ensure_flow_exists(cls, name: str) -> str:
        if find_spec("dysts") is None:
            raise ValueError(
                "this system needs dysts, which the base installation leaves out; in a checkout: "
                "uv sync --extra dysts, elsewhere: pip install 'ctdspec[dysts]'"
            )
        if name not in _catalogue():
            raise unknown_name("flow of dysts", name, _catalogue())
        return name

    @property
    def latent_names(self) -> tuple[str, ...]:
        """Numbered, for the collection has no names for them."""
        return tuple(f"x{i}" for i in range(self._about["embedding_dimension"]))

    @property
    def _about(self) -> dict[str, Any]:
        return _catalogue()[self.name]

    def field(self, states: Array, inputs: Array | None) -> Array:
        """Give the flow; only NumPy's real numbers are taken.

        Raises
        ------
        TypeError
            For complex states.
        """
        if np.iscomplexobj(states):
            raise TypeError("flows of dysts take no complex states")
        return _at_once(self.name, states) if _takes_many(self.name) else _one_by_one(self.name, states)

    def jacobian(self, states: np.ndarray) -> np.ndarray:
        """Give the derivative of the flow, by central differences: good to about 1e-9 of its size."""
        steps = _STEP * self._sd * np.eye(self.n_latents)
        columns = [
            (self.field(states + step, None) - self.field(states - step, None)) / (2 * step.sum())
            for step in steps
        ]
        return np.stack(columns, axis=-1)

    def start(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Start about the collection's initial state."""
        spread = self.initial_sd * self._sd * rng.standard_normal((n_trials, self.n_latents))
        return self._initial + spread

    @property
    def _initial(self) -> np.ndarray:
        return np.array(self._about["initial_conditions"], float)

    @property
    def _sd(self) -> np.ndarray:
        return np.array(self._about["std"], float)

    def constants(self) -> Mapping[str, np.ndarray]:
        """Give the constants of the flow, by the collection's names."""
        return {name: np.array(value) for name, value in self._about["parameters"].items()}


@cache
def _catalogue() -> dict[str, dict[str, Any]]:
    """Give what the collection says of each flow without delay, read without importing the package."""
    package = find_spec("dysts")
    folders = package.submodule_search_locations if package is not None else None
    if not folders:
        return {}
    text = (Path(folders[0]) / "data" / "chaotic_attractors.json").read_text(encoding="utf-8")
    return {name: about for name, about in json.loads(text).items() if not about["delay"]}


@cache
def _flow(name: str) -> Any:
    with warnings.catch_warnings():
        # The package warns where numba is missing, which only makes it slower.
        warnings.simplefilter("ignore")
        return getattr(import_module("dysts.flows"), name)()


@cache
def _takes_many(name: str) -> bool:
    """Say whether the flow of many states at once is that of each: some are written for one state only."""
    start, sd = (np.array(_catalogue()[name][key], float) for key in ("initial_conditions", "std"))
    probes = start + 0.01 * sd * np.sin(np.arange(3 * len(start))).reshape(3, -1)
    try:
        return bool(np.allclose(_at_once(name, probes), _one_by_one(name, probes), rtol=1e-12, atol=0))
    except Exception:  # the error may be one of numba's, whatever its class
        return False


def _at_once(name: str, states: np.ndarray) -> np.ndarray:
    return np.stack(np.broadcast_arrays(*_flow(name).rhs(states, 0.0)), axis=-1)


def _one_by_one(name: str, states: np.ndarray) -> np.ndarray:
    rows = states.reshape(-1, states.shape[-1])
    return np.array([_flow(name).rhs(row, 0.0) for row in rows], float).reshape(states.shape)
