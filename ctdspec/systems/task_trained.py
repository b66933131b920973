"""A network that was trained on the task."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import field_validator, model_validator

from ctdspec.dynamics.dynamics import Array
from ctdspec.errors import UsageError
from ctdspec.resources import shipped
from ctdspec.spec.component import OneOf
from ctdspec.spec.node import Name
from ctdspec.spec.problem import did_you_mean
from ctdspec.systems.bodies.body import Body
from ctdspec.systems.cells.cell import Cell
from ctdspec.systems.embodied_network import EmbodiedNetwork
from ctdspec.systems.recipe import Training
from ctdspec.systems.system import System
from ctdspec.systems.trained_network import CELL, TrainedNetwork, network_weights
from ctdspec.systems.weights import load_weights
from ctdspec.tasks.task import Task

WEIGHTS = "weights.safetensors"


class TaskTrained(System):
    """A recurrent network trained to do the task: its dynamics are the truth."""

    kind: Literal["task_trained"]
    cell: Annotated[Cell, OneOf("cell")]
    """What the network is made of."""
    body: Annotated[Body, OneOf("body")] | None = None
    """What the network moves, and feels; left out, what it says are the outputs of the task."""
    training: Training
    """How it was, or will be, trained."""
    weights: Name | None = None
    """The shipped dataset whose weights to use; leave out to train."""

    @field_validator("weights")
    @classmethod
    def _ensure_weights_are_shipped(cls, name: str | None) -> str | None:
        if name is not None and not _shipped_weights(name).is_file():
            names = sorted(path.parent.name for path in shipped("datasets").glob(f"*/{WEIGHTS}"))
            hint = did_you_mean(name, names) or f"shipped are: {', '.join(names) or 'none'}"
            raise ValueError(f"there are no shipped weights {name!r}; {hint}")
        return name

    @model_validator(mode="after")
    def _ensure_regularisers_fit_the_body(self) -> TaskTrained:
        factors = self.training.regularisers
        if factors is not None and factors.effort is not None and self.body is None:
            raise ValueError("training.regularisers.effort needs a body, whose muscles it is about")
        if factors is not None and factors.rates is not None and self.body is not None:
            raise ValueError("training.regularisers.rates takes a body's states for rates; leave it out")
        return self

    @property
    def shipped_weights(self) -> Path | None:
        """The file of the shipped weights; None for a system that has to be trained."""
        return None if self.weights is None else _shipped_weights(self.weights)

    @property
    def n_latents(self) -> int:
        """The dimension of the state: of the cell's, and of the body's if there is one."""
        return self.cell.n_latents + (0 if self.body is None else self.body.n_states)

    @property
    def is_rewirable(self) -> bool:
        """Whether the cell has such a matrix, and no body depends on it."""
        return self.body is None and self.cell.recurrent_weights is not None

    @property
    def fixed_weights(self) -> frozenset[str]:
        """Names of the weights that training leaves as they start."""
        start = {"initial_state"} if self.training.initial_state == "zero" else set()
        return frozenset(start | {CELL + name for name in self.cell.fixed_weights})

    def ensure_serves(self, task: Task) -> None:
        """Refuse a task that asks for nothing, and one that the practised task does not prepare for.

        Refuse a bar for each condition, too, if the task has no conditions.
        """
        if self.body is not None:
            self.body.ensure_serves(task)
        if not task.output_names:
            raise ValueError(f"a network cannot be trained on the task {task.kind!r}, which asks for nothing")
        for where, practice in self.training.practices.items():
            for what in ("input_names", "output_names", "bin_s"):
                if getattr(practice, what) != getattr(task, what):
                    raise ValueError(
                        f"system.training.{where} must have the {what} of the task: "
                        f"found {getattr(practice, what)}, needed {getattr(task, what)}"
                    )
        if self.training.accept.every_condition is not None and not task.condition_names:
            raise ValueError(
                f"system.training.accept.every_condition: the task {task.kind!r} has no conditions; "
                "leave it out"
            )

    def initial_weights(self, task: Task, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the float32 weights that training starts from, by name."""
        if self.body is not None:
            return network_weights(self.cell, self.body.n_signals, self.body.n_commands, rng)
        return network_weights(self.cell, len(task.input_names), len(task.output_names), rng)

    def network(self, task: Task, weights: Mapping[str, Array]) -> TrainedNetwork | EmbodiedNetwork:
        """Give the network with its weights, in the loop with its body if it has one."""
        if self.body is not None:
            return EmbodiedNetwork(self.cell, self.body, task.bin_s, weights)
        return TrainedNetwork(self.cell, weights)

    def dynamics(self, task: Task, weights: Path | None) -> TrainedNetwork | EmbodiedNetwork:
        """Give the trained network.

        Raises
        ------
        UsageError
            If there are no weights.
        DatasetError
            If the weights cannot be read or are not those of this network.
        """
        if weights is None:
            raise UsageError("this system has no weights yet: train it with `ctdspec train`")
        needed = self.initial_weights(task, np.random.default_rng(0))
        return self.network(task, load_weights(weights, needed))


def _shipped_weights(name: str) -> Path:
    return shipped("datasets") / name / WEIGHTS
