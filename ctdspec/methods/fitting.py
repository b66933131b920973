"""How a data model that is trained is trained."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from ctdspec.spec.node import Node


class Fitting(Node):
    """The recipe: Adam (Kingma & Ba 2015, with the constants of the paper), ended by the validation trials.

    At every check the bits per spike of the held-out neurons are taken on the validation trials, whole and
    without noise. The answer comes from the weights of the best check. An epoch takes every train trial once;
    with windows, as many windows of each trial as fit into it side by side, each at a random place.
    """

    batch_trials: int = Field(ge=1, le=100_000)
    """Trials, or windows of trials, per step."""
    window_bins: int | None = Field(default=None, ge=2)
    """Length of the windows that training sees, at most that of a trial; whole trials, if left out. Short
    windows take less time, and every bin becomes a start; states and rates are inferred from whole trials."""
    learning_rate: float = Field(gt=0, le=1)
    """The highest learning rate."""
    warmup_steps: int = Field(ge=0)
    """Steps in which the learning rate rises."""
    decay: float = Field(gt=0, le=1)
    """Factor of the learning rate after `plateau_checks` checks without a better one; 1 for none."""
    plateau_checks: int = Field(ge=1)
    """Checks to wait before the learning rate falls."""
    patience_checks: int = Field(ge=1)
    """Checks without a better one after which training ends."""
    check_every_epochs: int = Field(ge=1)
    """Epochs between checks; a checkpoint is kept at each."""
    max_epochs: int = Field(ge=1, le=1_000_000)
    """Epochs after which training ends in any case."""
    max_minutes: float | None = Field(default=None, gt=0)
    """Minutes after which training ends at the next check; no limit, if left out. With a limit, the answer
    depends on the speed of the machine."""
    gradient_clip: float = Field(gt=0)
    """Longest gradient (Euclidean norm over all weights); a longer one is shortened to it."""
    weight_decay: float = Field(ge=0)
    """Decoupled weight decay (AdamW; Loshchilov & Hutter 2019) of all weights, 0 for none."""
    device: Literal["auto", "cpu", "cuda", "mps"]
    """Where to compute; `auto` takes an accelerator if there is one. Numbers differ between devices."""

    @model_validator(mode="after")
    def _ensure_decay_comes_first(self) -> Fitting:
        if self.decay < 1 and self.plateau_checks >= self.patience_checks:
            raise ValueError(
                f"plateau_checks ({self.plateau_checks}) must be fewer than patience_checks"
                f" ({self.patience_checks}), or training ends before the learning rate falls"
            )
        return self

    def learning_rate_at(self, step: int, n_plateaus: int) -> float:
        """Give the learning rate of a step, counted from 0, after so many plateaus."""
        warmup = min(1.0, (step + 1) / self.warmup_steps) if self.warmup_steps else 1.0
        return self.learning_rate * warmup * self.decay**n_plateaus
