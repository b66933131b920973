"""Discrete states that follow each other by chance."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveFloat

from ctdspec.systems.jumps import Jumps, leaving
from ctdspec.systems.system import System
from ctdspec.tasks.task import Task


class MarkovChain(System):
    """A Markov chain of discrete states: one is left with the same probability in every bin, for any other.

    Dwell times are geometric. Trials start from the stationary distribution. Each latent is 1 in its state
    and 0 in the others, so that a linear embedding gives every state rates of its own; the truth has the
    number of the state in every bin as `state`.
    """

    kind: Literal["markov_chain"]
    dwell_s: list[PositiveFloat] = Field(min_length=2, max_length=1000)
    """Mean time in each state until it is left, in seconds; there are as many states."""

    @property
    def n_latents(self) -> int:
        """One per state."""
        return len(self.dwell_s)

    @property
    def discrete_states(self) -> int:
        """As many as latents."""
        return self.n_latents

    def ensure_serves(self, task: Task) -> None:
        """Refuse tasks, and states that would be left before a bin is over."""
        if task.input_names or task.output_names:
            raise ValueError(
                f"{self.kind} runs by itself and cannot do the task {task.kind!r}; use kind: spontaneous"
            )
        if min(self.dwell_s) < task.bin_s:
            raise ValueError(
                f"dwell_s has {min(self.dwell_s):g} s, which is shorter than a bin of {task.bin_s:g} s; take"
                " longer times, or shorter bins"
            )

    def dynamics(self, task: Task, weights: Path | None) -> Jumps:
        """Give the chain in steps of the task's bins."""
        return Jumps(leaving(self.dwell_s, task.bin_s))
