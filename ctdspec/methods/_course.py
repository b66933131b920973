"""The course of a fit: what its checks found, and what follows from that."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ctdspec.methods.fitting import Fitting


@dataclass(frozen=True)
class Check:
    """What a check found after so many epochs."""

    epochs: int
    loss: float
    """Mean over the steps since the last check."""
    val_co_bps: float
    """Bits per spike of the held-out neurons on the validation trials."""


@dataclass
class Course:
    """How far a fit is, and how it went."""

    recipe: Fitting
    steps: int = 0
    epochs: int = 0
    seconds: float = 0.0
    """Of wall time, interruptions left out."""
    n_plateaus: int = 0
    """How often the learning rate has fallen."""
    checks: list[Check] = field(default_factory=list[Check])
    losses: list[float] = field(default_factory=list[float])
    """Of the steps since the last check."""

    @property
    def best(self) -> Check:
        """The check with the highest score, the first of equals."""
        return self.checks[-1 - self.checks_since_best]

    @property
    def checks_since_best(self) -> int:
        """Checks since then; 0 before the first."""
        scores = [check.val_co_bps for check in self.checks]
        return len(scores) - 1 - int(np.argmax(scores)) if scores else 0

    @property
    def is_check_due(self) -> bool:
        """Whether a check follows the last epoch."""
        return self.epochs % self.recipe.check_every_epochs == 0 or self.epochs == self.recipe.max_epochs

    @property
    def learning_rate(self) -> float:
        """That of the next step."""
        return self.recipe.learning_rate_at(self.steps, self.n_plateaus)

    @property
    def why_ended(self) -> str | None:
        """Which limit of the recipe has ended training; None if it goes on."""
        limit_s = (self.recipe.max_minutes or np.inf) * 60
        if self.checks_since_best >= self.recipe.patience_checks:
            return "patience_checks"
        if self.epochs >= self.recipe.max_epochs:
            return "max_epochs"
        return "max_minutes" if self.checks and not self.losses and self.seconds > limit_s else None

    def add_check(self, val_co_bps: float) -> None:
        """Take note of a check; the learning rate falls if it was one too many without a better one."""
        self.checks.append(Check(self.epochs, float(np.mean(self.losses)), val_co_bps))
        self.losses = []
        since_best = self.checks_since_best
        if since_best and self.recipe.decay < 1 and since_best % self.recipe.plateau_checks == 0:
            self.n_plateaus += 1
