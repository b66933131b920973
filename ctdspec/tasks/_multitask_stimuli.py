"""What is shown in the fifteen tasks, and what should be answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field, field_validator, model_validator

from ctdspec.spec.node import Node
from ctdspec.tasks._multitask_phases import PHASES, Range, draw_within
from ctdspec.tasks._multitask_rules import Decide, Match, Reach, Rule

_PHASE = {name: index for index, name in enumerate(PHASES)}
_REACH_SHOWS = {"delay": ("stimulus_1", "response"), "memory": ("stimulus_1",), "react": ("response",)}


@dataclass(frozen=True)
class Shown:
    """What a trial shows and asks.

    Attributes
    ----------
    stimuli : (trial, phase, modality, 2) float32
        Strength times cosine and sine of the direction; 0 where nothing is shown.
    answers : (trial, 2) float32
        Cosine and sine of the direction to respond in; 0 in a trial that asks to keep fixating.
    """

    stimuli: np.ndarray
    answers: np.ndarray


class Stimuli(Node):
    """Stimuli with a direction, in two modalities.

    Directions are evenly spaced and start half a step from 0: none lies on the border of the two categories,
    which are the halves of the circle above and below the horizontal. A single stimulus, and each of the two
    of a matching task, comes in a modality drawn by chance.
    """

    directions: int = Field(ge=2, le=360, multiple_of=2)
    """Number of directions; even, so that each has an opposite."""
    strength: Range
    """Range of the mean strength of the two stimuli of a decision, drawn for each modality by itself."""
    coherences: list[Annotated[float, Field(gt=0, lt=1)]] = Field(min_length=2)
    """By how much one stimulus of a decision is above the mean strength, and the other below."""
    apart_deg: Range
    """Range of the angle between the two stimuli of a decision."""
    mismatch_deg: Range
    """Range of the angle, counter-clockwise, between what would match and what is shown in its place."""

    @field_validator("coherences")
    @classmethod
    def _ensure_distinct(cls, coherences: list[float]) -> list[float]:
        if len(set(coherences)) < len(coherences):
            raise ValueError("a coherence must not be listed twice")
        return coherences

    @model_validator(mode="after")
    def _ensure_strengths_are_positive(self) -> Stimuli:
        if max(self.coherences) >= self.strength[0]:
            raise ValueError(
                f"the largest coherence ({max(self.coherences):g}) must be below the least strength "
                f"({self.strength[0]:g}): a stimulus has no negative strength"
            )
        return self

    def draw(self, rules: list[Rule], rng: np.random.Generator) -> Shown:
        """Draw what trials of these rules show, one trial for each."""
        reaches = {trial: rule for trial, rule in enumerate(rules) if isinstance(rule, Reach)}
        decisions = {trial: rule for trial, rule in enumerate(rules) if isinstance(rule, Decide)}
        matches = {trial: rule for trial, rule in enumerate(rules) if isinstance(rule, Match)}
        stimuli, answers = _nothing(len(rules)), np.zeros((len(rules), 2), np.float32)
        for trials, drawn in (
            (reaches, self._reaches([*reaches.values()], rng)),
            (decisions, self._decisions([*decisions.values()], rng)),
            (matches, self._matches([*matches.values()], rng)),
        ):
            stimuli[[*trials]], answers[[*trials]] = drawn.stimuli, drawn.answers
        return Shown(stimuli, answers)

    def _reaches(self, rules: list[Reach], rng: np.random.Generator) -> Shown:
        direction = _unit(self._angles(len(rules), rng))
        shown = _in_one_modality(direction, rng)
        shows = np.array([[phase in _REACH_SHOWS[rule.family] for phase in PHASES] for rule in rules])
        towards = np.array([rule.towards for rule in rules])
        return Shown(
            shows.reshape(-1, len(PHASES), 1, 1) * shown[:, None], towards.reshape(-1, 1) * direction
        )

    def _decisions(self, rules: list[Decide], rng: np.random.Generator) -> Shown:
        shown = np.array([rule.shown for rule in rules]).reshape(-1, 2)
        judged = np.array([rule.judged for rule in rules]).reshape(-1, 2)
        first = self._angles(len(rules), rng)
        second = first + np.deg2rad(draw_within(self.apart_deg, (len(rules),), rng))
        difference = self._differences(judged[:, 0] * judged[:, 1] > 0, rng)
        mean = draw_within(self.strength, (len(rules), 2), rng)
        stimuli = _nothing(len(rules))
        for phase, angle, sign in (("stimulus_1", first, 1), ("stimulus_2", second, -1)):
            strength = shown * (mean + sign * difference)
            stimuli[:, _PHASE[phase]] = strength[:, :, None] * _unit(angle)[:, None]
        is_first = (judged * difference).sum(axis=1) > 0
        return Shown(stimuli, _unit(np.where(is_first, first, second)))

    def _differences(self, untied: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw signed coherences (trial, modality), evenly; those of `untied` trials do not cancel."""
        signed = np.array([*self.coherences, *(-c for c in self.coherences)])
        drawn = rng.integers(len(signed), size=(len(untied), 2))
        opposite = drawn[:, 0] + len(self.coherences)
        drawn[:, 1] = np.where(
            untied, opposite + 1 + rng.integers(len(signed) - 1, size=len(untied)), drawn[:, 1]
        )
        return signed[drawn % len(signed)]

    def _matches(self, rules: list[Match], rng: np.random.Generator) -> Shown:
        opposite = np.array([rule.opposite for rule in rules], bool)
        by_category = np.array([rule.by == "category" for rule in rules], bool)
        first, other = self._angles(len(rules), rng), self._angles(len(rules), rng)
        is_match = rng.random(len(rules)) < 0.5
        mismatch = np.where(is_match, 0, np.deg2rad(draw_within(self.mismatch_deg, (len(rules),), rng)))
        second = np.where(by_category, other, first + np.pi * opposite + mismatch)
        is_other_half = (np.sin(first) > 0) != (np.sin(second) > 0)
        responds = np.where(by_category, is_other_half == opposite, is_match)
        stimuli = _nothing(len(rules))
        stimuli[:, _PHASE["stimulus_1"]] = _in_one_modality(_unit(first), rng)
        stimuli[:, _PHASE["response"]] = _in_one_modality(_unit(second), rng)
        return Shown(stimuli, _unit(second) * responds[:, None])

    def _angles(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Draw directions in radians, (trial,)."""
        return 2 * np.pi * (rng.integers(self.directions, size=n_trials) + 0.5) / self.directions


def _unit(angles: np.ndarray) -> np.ndarray:
    """Give cosine and sine, (trial, 2) float32."""
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def _in_one_modality(vectors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Place vectors (trial, 2) in one modality each, drawn by chance: (trial, modality, 2)."""
    modality = rng.integers(2, size=len(vectors))
    return np.eye(2, dtype=np.float32)[modality][:, :, None] * vectors[:, None]


def _nothing(n_trials: int) -> np.ndarray:
    """Give no stimuli, (trial, phase, modality, 2) float32."""
    return np.zeros((n_trials, len(PHASES), 2, 2), np.float32)
