"""The recipe by which a network is trained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ctdspec.spec.component import OneOf
from ctdspec.spec.node import Node
from ctdspec.tasks.task import Task


class Acceptance(Node):
    """The bar that a trained network must reach on held-back trials of the benchmark's own task."""

    accuracy: float = Field(gt=0, le=1)
    """Least accuracy, in the task's own measure, averaged over trials."""
    trials: int = Field(ge=1, le=100_000)
    """Trials of full length to be judged on, drawn anew at every check."""
    every_condition: float | None = Field(default=None, gt=0, le=1)
    """Least accuracy in each condition of the task by itself (each rule of `multitask`, for one)."""

    def is_met(self, accuracy: float, by_condition: Mapping[str, float]) -> bool:
        """Say whether accuracies, over all trials and in each condition, reach the bar."""
        worst = min(by_condition.values(), default=math.inf)
        return accuracy >= self.accuracy and worst >= (self.every_condition or 0)


class Regularisers(Node):
    """What is added to the loss: each term is its factor times a mean square."""

    weights: float | None = Field(default=None, gt=0)
    """Factor of the trained weights of cell and readout, without biases."""
    outer_weights: float | None = Field(default=None, gt=0)
    """Factor of the weights of inputs and readout alone, so that recurrent ones are free."""
    states: float | None = Field(default=None, gt=0)
    """Factor of the states in the bins of the trials."""
    rates: float | None = Field(default=None, gt=0)
    """Factor of what the readout sees of the states, in the bins of the trials."""
    effort: float | None = Field(default=None, gt=0)
    """Factor of the muscle activations of the body that the network moves."""
    jacobian: float | None = Field(default=None, gt=0)
    """Factor of the Jacobian of the noise-free step at one random bin of each trial, transposed and applied
    to random signs: on average its squared Frobenius norm over the number of latents."""
    initial_state: float | None = Field(default=None, gt=0)
    """Factor of the state that trials start from."""


class LaterPractice(Node):
    """What is practised after some steps, in place of the first practice."""

    from_step: int = Field(ge=1)
    """Steps that are taken before it."""
    practice: Annotated[Task, OneOf("task")]
    """The task that is practised from then on: as a rule, one closer to the benchmark's own."""
    learning_rate: float | None = Field(default=None, gt=0, le=1)
    """The learning rate from which it falls once more; if left out, it goes on as it would without this."""


class Training(Node):
    """How to train: Adam (Kingma & Ba 2015, with the constants of the paper) on the mean squared error.

    The error counts where the task scores an output; regularisers may be added. Every step sees fresh trials
    and fresh noise, so there is nothing to overfit and no training set. The learning rate rises linearly,
    then falls along half a cosine. Training ends as soon as the bar is met.
    """

    practice: Annotated[Task, OneOf("task")]
    """The task that is practised: the benchmark's own, or an easier or denser form of it. Short trials train
    faster; its inputs, outputs and bins must be those of the benchmark's task."""
    later: list[LaterPractice] | None = None
    """What is practised after some steps, in order; the same to the end, if left out."""
    batch_trials: int = Field(ge=1, le=100_000)
    """Trials per step."""
    steps: int = Field(ge=1, le=10_000_000)
    """Steps at most; the learning rate reaches zero there."""
    learning_rate: float = Field(gt=0, le=1)
    """The highest learning rate."""
    warmup_steps: int = Field(ge=0)
    """Steps in which the learning rate rises."""
    gradient_clip: float = Field(gt=0)
    """Longest gradient (Euclidean norm over all weights); a longer one is shortened to it."""
    check_every_steps: int = Field(ge=1)
    """Steps between checks against the bar; a checkpoint is kept at each."""
    accept: Acceptance
    """When the network is good enough."""
    initial_state: Literal["learned", "zero"] | None = None
    """Whether the state that trials start from is learned or is zero; learned, if left out."""
    regularisers: Regularisers | None = None
    """What the loss has beside the error; nothing, if left out."""

    @model_validator(mode="after")
    def _ensure_warmup_ends(self) -> Training:
        if self.warmup_steps >= self.steps:
            raise ValueError(f"warmup_steps ({self.warmup_steps}) must be fewer than steps ({self.steps})")
        return self

    @model_validator(mode="after")
    def _ensure_initial_state_is_free(self) -> Training:
        penalised = self.regularisers is not None and self.regularisers.initial_state is not None
        if penalised and self.initial_state == "zero":
            raise ValueError("regularisers.initial_state has no effect where initial_state is zero")
        return self

    @model_validator(mode="after")
    def _ensure_later_comes_in_order(self) -> Training:
        starts = [later.from_step for later in self.later or []]
        if sorted({*starts, self.steps}) != [*starts, self.steps]:
            raise ValueError(
                f"later.from_step must rise and stay below steps ({self.steps}): "
                f"found {', '.join(map(str, starts))}"
            )
        return self

    @property
    def practices(self) -> dict[str, Task]:
        """All that is practised, by its path below this."""
        later = {f"later[{number}].practice": later.practice for number, later in enumerate(self.later or [])}
        return {"practice": self.practice, **later}

    def practice_at(self, step: int) -> Task:
        """Give what is practised in a step, counted from 0."""
        begun = [later.practice for later in self.later or [] if later.from_step <= step]
        return begun[-1] if begun else self.practice

    def learning_rate_at(self, step: int) -> float:
        """Give the learning rate of a step, counted from 0."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        falls = [(self.warmup_steps, self.learning_rate)]
        falls += [(later.from_step, later.learning_rate) for later in self.later or [] if later.learning_rate]
        ends = [*(start for start, _ in falls[1:]), self.steps]
        start, highest, end = [
            (start, rate, end) for (start, rate), end in zip(falls, ends, strict=True) if start <= step
        ][-1]
        share = (step - start) / (end - start)
        return highest * 0.5 * (1 + math.cos(math.pi * share))

    def is_check(self, step: int) -> bool:
        """Say whether the network is checked after so many steps."""
        return step % self.check_every_steps == 0 or step == self.steps
