"""Clicks from two sides, by the laws of Poisson."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ctdspec.spec.node import Node
from ctdspec.tasks.task import PointEvents
from ctdspec.tasks.two_choice import Evidence, TwoChoice


class Adaptation(Node):
    """Every click lowers the effect of those that soon follow it, on either side (Brunton et al. 2013).

    The effect C of a click starts at 1, is multiplied by `per_click` after each click, and recovers:
    ``dC/dt = (1 − C) / recovery_s``.
    """

    per_click: float = Field(ge=0, le=1)
    """Factor on the effect after each click: 1 for no adaptation, 0 for clicks that silence the next."""
    recovery_s: float = Field(gt=0, le=100)
    """Time constant of the recovery in seconds."""

    def effects(self, clicks: np.ndarray, bin_s: float) -> np.ndarray:
        """Give the summed effect of the clicks of each bin, from their numbers; both (trial, time, side).

        The clicks of a bin come one right after the other, the sides in any order, at the start of the bin.
        """
        total = clicks.sum(axis=2)
        after = self.per_click**total
        summed = np.concatenate([[0], np.cumsum(self.per_click ** np.arange(total.max(initial=0)))])
        weight = summed[total] / np.maximum(total, 1)
        kept = np.exp(-bin_s / self.recovery_s)
        effect = np.ones(len(clicks))
        for bin_number in range(clicks.shape[1]):
            weight[:, bin_number] *= effect
            effect = 1 - (1 - effect * after[:, bin_number]) * kept
        return clicks * weight[..., None]


class PoissonClicks(TwoChoice):
    """Clicks come from the left and from the right; say which side clicks more (Brunton et al. 2013).

    The trains are Poisson. Their rates add up to `rate_hz`; the logarithm of the ratio of the right to the
    left rate is one of `log_ratios` with either sign, all equally likely. An input holds the number of
    clicks in each bin. The right choice is -1 for left and +1 for right.
    """

    kind: Literal["poisson_clicks"]
    rate_hz: float = Field(gt=0, le=10_000)
    """Clicks per second, both sides together."""
    log_ratios: list[Annotated[float, Field(gt=0, le=20)]] = Field(min_length=1, max_length=100)
    """Natural logarithms of the ratio of the higher rate to the lower: 0.5 is hard, 4 is easy."""
    correct_side: Literal["higher_rate", "more_clicks"]
    """What makes a side the right one: its rate, so that even the best observer errs, or the clicks that
    came, as the animals of the paper were rewarded; then nothing is asked after equally many of both."""
    adaptation: Adaptation | None = None
    """How clicks lower the effect of the next; left out, every click counts 1."""

    @property
    def evidence_names(self) -> tuple[str, str]:
        """Clicks per bin, by side."""
        return ("clicks_left", "clicks_right")

    @property
    def cue_names(self) -> tuple[str, ...]:
        """No more cues."""
        return ()

    @property
    def condition_names(self) -> tuple[str, ...]:
        """The side of the higher rate and the logarithm of the ratio."""
        return tuple(f"{side} {ratio:g}" for side in ("left", "right") for ratio in self.log_ratios)

    def ideal_accuracy(self) -> float:
        """Give the share right of an observer who counts every click and guesses at ties, in closed form.

        The difference of the counts has the law of Skellam (1946). With two mirrored sets of rates of one
        sum, the likelihood ratio rises with the difference, so no observer does better; adaptation and noise
        can only make it worse.
        """
        if self.correct_side == "more_clicks":
            return 1.0
        from scipy.stats import skellam

        higher = 1 / (1 + np.exp(-np.array(self.log_ratios)))
        clicks = self.rate_hz * self.bin_s * self.stimulus_bins[:, None]
        rates = clicks * higher, clicks * (1 - higher)
        return float(np.mean(skellam.sf(0, *rates) + skellam.pmf(0, *rates) / 2))

    def events(self, stimulus: np.ndarray) -> Mapping[str, PointEvents]:
        """Give the start of the stimulus, the go cue and, by side, the bins with clicks."""
        clicks = {
            f"click_{side}": PointEvents(f"One click or more on the {side}.", stimulus[..., channel] > 0)
            for channel, side in ((1, "left"), (2, "right"))
        }
        return {**super().events(stimulus), **clicks}

    def _show(self, valid: np.ndarray, showing: np.ndarray, rng: np.random.Generator) -> Evidence:
        condition = rng.integers(len(self.condition_names), size=len(showing))
        higher, difficulty = np.divmod(condition, len(self.log_ratios))
        side = np.array([-1.0, 1.0])[higher]
        right = 1 / (1 + np.exp(-side * np.array(self.log_ratios)[difficulty]))
        expected = self.rate_hz * self.bin_s * np.stack([1 - right, right], axis=-1)
        clicks = rng.poisson(expected[:, None], (*showing.shape, 2)) * showing[..., None]
        effects = clicks if self.adaptation is None else self.adaptation.effects(clicks, self.bin_s)
        if self.correct_side == "more_clicks":
            side = np.sign(np.diff(clicks.sum(axis=1))[:, 0]).astype(float)
            side[side == 0] = np.nan
        return Evidence(
            presented=clicks.astype(np.float32),
            received=effects.astype(np.float32),
            cues=np.zeros((*showing.shape, 0), np.float32),
            correct=side.astype(np.float32),
            condition=condition,
        )
