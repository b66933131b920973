"""The phases of the trials of each family of tasks, and how long they last."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field

from ctdspec.spec.node import Node
from ctdspec.tasks._multitask_rules import FAMILIES, FamilyName

PHASES = {
    "context": "The rule is shown; keep fixating.",
    "stimulus_1": "The first stimulus is shown; keep fixating.",
    "memory_1": "No stimulus is shown; keep fixating.",
    "stimulus_2": "The second stimulus is shown; keep fixating.",
    "memory_2": "No stimulus is shown any more; keep fixating.",
    "response": "Respond, or keep fixating if the rule asks for no response.",
}
"""What happens in each phase, in the order of time. A task has some of them."""


def _rising(bounds: list[float]) -> list[float]:
    if bounds[0] > bounds[1]:
        raise ValueError(f"the least, {bounds[0]:g}, must not be above the most, {bounds[1]:g}")
    return bounds


Range = Annotated[
    list[Annotated[float, Field(ge=0, le=3600)]], Field(min_length=2, max_length=2), AfterValidator(_rising)
]
"""The least and the most of what is drawn uniformly."""


def draw_within(span: Range, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Draw uniformly between the two ends of a range."""
    least, most = span
    return rng.uniform(least, most, shape)


class ReactPhases(Node):
    """The stimulus comes with the response phase."""

    context: Range
    response: Range


class DelayPhases(ReactPhases):
    """The stimulus stays to the end."""

    stimulus_1: Range


class MemoryPhases(DelayPhases):
    """The stimulus is gone before the response phase."""

    memory_1: Range


class DecisionPhases(MemoryPhases):
    """Two stimuli, one after the other, are gone before the response phase."""

    stimulus_2: Range
    memory_2: Range


class Durations(Node):
    """Least and longest durations of phases in seconds, by family; whole bins between are drawn evenly."""

    delay: DelayPhases
    memory: MemoryPhases
    react: ReactPhases
    decision: DecisionPhases
    match: MemoryPhases

    def ensure_fit(self, trial_s: float, bin_s: float, reaction_s: float) -> None:
        """Raise ValueError if a phase may be shorter than a bin, a trial too long, a response too short."""
        for family in FAMILIES:
            bounds = self.bounds(family, bin_s)
            for phase, (least, _) in zip(PHASES, bounds, strict=True):
                if least < 1 and phase in type(getattr(self, family)).model_fields:
                    raise ValueError(f"durations_s.{family}.{phase}: must last a bin ({bin_s:g} s) at least")
            longest_s = bounds[:, 1].sum() * bin_s
            if longest_s > trial_s + bin_s / 2:
                raise ValueError(
                    f"durations_s.{family}: the phases may last {longest_s:g} s together, longer than "
                    f"trial_s ({trial_s:g})"
                )
            if bounds[-1, 0] <= round(reaction_s / bin_s):
                raise ValueError(
                    f"durations_s.{family}.response: must always be longer than reaction_s ({reaction_s:g})"
                )

    def bounds(self, family: FamilyName, bin_s: float) -> np.ndarray:
        """Give the least and the most bins of each phase, (phase, 2); 0 for phases that the family lacks."""
        spans = getattr(self, family).model_dump()
        return np.rint(np.array([spans.get(phase, (0, 0)) for phase in PHASES]) / bin_s).astype(int)

    def draw(self, families: list[FamilyName], bin_s: float, rng: np.random.Generator) -> np.ndarray:
        """Draw the bins of each phase, (trial, phase), one trial for each of these families."""
        known = {family: self.bounds(family, bin_s) for family in set(families)}
        bounds = np.array([known[family] for family in families]).reshape(-1, len(PHASES), 2)
        return rng.integers(bounds[..., 0], bounds[..., 1], endpoint=True)
