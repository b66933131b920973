"""Delayed reaches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from ctdspec.arm.arm import HIGHEST_RAD, LOWEST_RAD, SKELETON
from ctdspec.spec.node import Node
from ctdspec.tasks.task import Epochs, PointEvents, Task, Trials

REACH_INPUTS = ("target_x", "target_y", "target_on", "go", "force_x", "force_y")
"""Place of the target in m, 0 while there is none; whether it is shown; go cue; force on the hand in N."""
REACH_OUTPUTS = ("hand_x", "hand_y")
"""Place of the hand in m."""
_TARGET, _TARGET_ON, _GO, _FORCE = slice(0, 2), 2, 3, slice(4, 6)


def _ensure_ordered(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError(f"found [{ends[0]:g}, {ends[1]:g}]; the first number must not exceed the second")
    return ends


Range = Annotated[tuple[float, float], AfterValidator(_ensure_ordered)]
"""The least and the greatest value; all between are equally likely."""


class CentreOut(Node):
    """Targets on a circle around the start, which is the same in all trials."""

    targets: int = Field(ge=1, le=360)
    """Number of targets, at equal angles, the first to the right."""
    distance_m: float = Field(gt=0, le=1)
    """Distance from the start in metres."""


class Bumps(Node):
    """Pushes against the hand, of which the network is not told."""

    probability: float = Field(ge=0, le=1)
    """Share of the trials that have one."""
    force_n: Range
    """Force in newtons; its direction is random."""
    duration_s: float = Field(gt=0, le=3600)
    """How long it lasts, in seconds."""
    window_s: Range
    """From when to when in the trial, in seconds, it may begin."""


class RandomTarget(Task):
    """Hold the hand still; a target comes up; go there when told to, and stay (as in Codol et al. 2024).

    Start and target are uniform in the angles of the joints, or on a circle (`centre_out`). From the go cue
    on the network has `reach_s` to arrive, in which nothing is asked. In catch trials no cue comes, and the
    hand must stay.
    """

    kind: Literal["random_target"]
    shoulder_deg: Range
    """Angles of the shoulder at which start and target lie; centre-out starts in the middle."""
    elbow_deg: Range
    """Angles of the elbow at which start and target lie; centre-out starts in the middle."""
    centre_out: CentreOut | None = None
    """Targets on a circle; left out, they lie anywhere."""
    hold_s: Range
    """Time before the target in seconds."""
    delay_s: Range
    """Time from the target to the go cue in seconds."""
    reach_s: float = Field(gt=0, le=3600)
    """Time to reach the target in seconds."""
    target_stays: bool
    """Whether the target is shown to the end of the trial; otherwise it goes when the go cue comes."""
    catch_probability: float = Field(ge=0, lt=1)
    """Share of the trials without a go cue."""
    bumps: Bumps | None = None
    """Pushes against the hand; left out, there are none."""
    target_noise_sd_m: float = Field(ge=0)
    """Standard deviation of the noise on the target's place while it is shown, per bin, in metres."""
    cue_noise_sd: float = Field(ge=0)
    """Standard deviation of the noise on the two cues, per bin."""
    tolerance_m: float = Field(gt=0)
    """How far from the target the hand may end, in metres."""
    hold_tolerance_m: float = Field(gt=0)
    """How far from the start the hand may end in a catch trial, in metres: nothing shows where that was."""
    end_s: float = Field(gt=0, le=3600)
    """Time at the end of the trial over which the distance is averaged, in seconds."""

    @model_validator(mode="after")
    def _ensure_phases_fit(self) -> RandomTarget:
        needed = self.hold_s[1] + self.delay_s[1] + self.reach_s + self.end_s
        if needed > self.trial_s * (1 + 1e-9):
            raise ValueError(
                f"trial_s ({self.trial_s:g}) must hold the longest hold_s, delay_s, reach_s and end_s, which "
                f"are {needed:g} together"
            )
        if min(self.hold_s[0], self.delay_s[0]) < 0:
            raise ValueError("hold_s and delay_s must not be negative")
        if self.bumps and not 0 <= self.bumps.window_s[0] <= self.bumps.window_s[1] <= self.trial_s:
            raise ValueError(f"bumps.window_s must lie in the trial, which ends at {self.trial_s:g}")
        return self

    @model_validator(mode="after")
    def _ensure_places_are_in_reach(self) -> RandomTarget:
        for joint, (low, high) in enumerate((self.shoulder_deg, self.elbow_deg)):
            ends = np.degrees([LOWEST_RAD[joint], HIGHEST_RAD[joint]])
            if low < ends[0] or high > ends[1]:
                name = ("shoulder_deg", "elbow_deg")[joint]
                raise ValueError(
                    f"{name} ([{low:g}, {high:g}]) must lie within {ends[0]:.0f} and {ends[1]:.0f}"
                )
        if self.centre_out is not None:
            with np.errstate(invalid="ignore"):  # NaN out of reach
                angles = SKELETON.angles_at(self._circle())
            if not (np.all(angles >= LOWEST_RAD) and np.all(angles <= HIGHEST_RAD)):
                raise ValueError("centre_out: the arm does not reach every target; lower distance_m")
        return self

    @property
    def input_names(self) -> tuple[str, ...]:
        """Target, cues, and the force on the hand, which the network does not see."""
        return REACH_INPUTS

    @property
    def output_names(self) -> tuple[str, ...]:
        """The place of the hand."""
        return REACH_OUTPUTS

    @property
    def condition_names(self) -> tuple[str, ...]:
        """The kind of trial: a reach (of centre-out: to which target), or none."""
        if self.centre_out is None:
            return ("reach", "catch")
        return (*(f"target_{number}" for number in range(self.centre_out.targets)), "catch")

    @property
    def phases(self) -> Mapping[str, str]:
        """What the trials consist of."""
        return {
            "hold": "The hand holds still; no target.",
            "delay": "The target is shown; the hand holds still. In catch trials it lasts to the end.",
            "reach": "From the go cue on.",
            "bump": "A force pushes the hand.",
        }

    def sample(self, n_trials: int, rng: np.random.Generator, n_bins: int | None = None) -> Trials:
        """Draw trials; those of other than the declared length are cut, or end with a longer stay."""
        n_bins = n_bins or self.n_bins
        start, target, direction = self._places(n_trials, rng)
        catch = rng.random(n_trials) < self.catch_probability
        shown = self._whole_bins(self.hold_s, n_trials, rng)
        go = shown + self._whole_bins(self.delay_s, n_trials, rng)
        go = np.minimum(np.where(catch, n_bins, go), n_bins)
        time = np.arange(n_bins)
        told, seen = time >= go[:, None], time >= shown[:, None]
        if not self.target_stays:
            seen &= ~told
        push, force_n = self._pushes(n_trials, n_bins, rng)
        stimulus = np.zeros((n_trials, n_bins, len(REACH_INPUTS)), np.float32)
        stimulus[..., _TARGET] = np.where(seen[..., None], target[:, None], 0)
        stimulus[..., _TARGET_ON], stimulus[..., _GO] = seen, told
        stimulus[..., _FORCE] = np.where(push.bins(n_bins)[..., None], force_n[:, None], 0)
        asked = ~told | (time >= go[:, None] + round(self.reach_s / self.bin_s))
        targets = np.where(told[..., None], target[:, None], start[:, None]).astype(np.float32)
        targets[~asked] = np.nan
        ends, starts = np.full(n_trials, n_bins), np.zeros(n_trials, int)
        return Trials(
            stimulus,
            self._received(stimulus, rng),
            targets,
            scored=np.repeat(asked[..., None], len(REACH_OUTPUTS), axis=2),
            valid=np.ones((n_trials, n_bins), bool),
            condition=np.where(catch, len(self.condition_names) - 1, direction),
            epochs={
                "hold": Epochs(self.phases["hold"], starts, np.minimum(shown, n_bins)),
                "delay": Epochs(self.phases["delay"], np.minimum(shown, n_bins), go),
                "reach": Epochs(self.phases["reach"], go, ends),
                "bump": push,
            },
            start=start.astype(np.float32),
        )

    def events(self, stimulus: np.ndarray) -> Mapping[str, PointEvents]:
        """Give the cues that come on."""
        return {
            name: PointEvents(description, np.diff(stimulus[..., channel], axis=1, prepend=0) > 0)
            for name, channel, description in (
                ("target_on", _TARGET_ON, "The target comes up."),
                ("go_cue", _GO, "The go cue comes on."),
            )
        }

    def accuracy(self, outputs: np.ndarray, trials: Trials) -> np.ndarray:
        """Say of each trial whether the hand ends within the tolerance."""
        catch = trials.condition == len(self.condition_names) - 1
        allowed_m = np.where(catch, self.hold_tolerance_m, self.tolerance_m)
        return (self.end_errors_m(outputs, trials) <= allowed_m).astype(float)

    def end_errors_m(self, outputs: np.ndarray, trials: Trials) -> np.ndarray:
        """Give the distance (trial,) between hand and target, or start in catch trials, at the end.

        It is that of the mean place over the last `end_s`.
        """
        last = slice(-max(1, round(self.end_s / self.bin_s)), None)
        missed = (outputs[:, last] - trials.targets[:, last]).mean(axis=1)
        return np.linalg.norm(missed, axis=1)

    def _places(self, n_trials: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw starts and targets (trial, 2) in metres, and the number of each target."""
        ranges = np.radians([self.shoulder_deg, self.elbow_deg])
        if self.centre_out is not None:
            direction = rng.integers(self.centre_out.targets, size=n_trials)
            start = SKELETON.hand(ranges.mean(axis=1))
            return np.repeat(start[None], n_trials, axis=0), self._circle()[direction], direction
        angles = rng.uniform(ranges[:, 0], ranges[:, 1], (2, n_trials, 2))
        return SKELETON.hand(angles[0]), SKELETON.hand(angles[1]), np.zeros(n_trials, int)

    def _circle(self) -> np.ndarray:
        """Give the places (target, 2) of centre-out."""
        assert self.centre_out is not None, "only centre-out has a circle"
        turn = 2 * np.pi * np.arange(self.centre_out.targets) / self.centre_out.targets
        ways = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        centre = SKELETON.hand(np.radians([self.shoulder_deg, self.elbow_deg]).mean(axis=1))
        return centre + self.centre_out.distance_m * ways

    def _whole_bins(self, range_s: Range, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        low, high = (round(end / self.bin_s) for end in range_s)
        return rng.integers(low, high, n_trials, endpoint=True)

    def _pushes(self, n_trials: int, n_bins: int, rng: np.random.Generator) -> tuple[Epochs, np.ndarray]:
        """Draw when hands are pushed, and the forces (trial, 2) in N."""
        if self.bumps is None:
            never = np.zeros(n_trials, int)
            return Epochs(self.phases["bump"], never, never), np.zeros((n_trials, 2))
        begin = np.minimum(self._whole_bins(self.bumps.window_s, n_trials, rng), n_bins)
        end = np.minimum(begin + max(1, round(self.bumps.duration_s / self.bin_s)), n_bins)
        end = np.where(rng.random(n_trials) < self.bumps.probability, end, begin)
        turn, force_n = rng.uniform(0, 2 * np.pi, n_trials), rng.uniform(*self.bumps.force_n, n_trials)
        ways = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        return Epochs(self.phases["bump"], begin, end), force_n[:, None] * ways

    def _received(self, stimulus: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Give the inputs: the stimulus with noise on what is seen of it."""
        inputs = stimulus.copy()
        noise = rng.standard_normal((*stimulus.shape[:2], 4), np.float32)
        seen = stimulus[..., _TARGET_ON, None]
        inputs[..., _TARGET] += np.float32(self.target_noise_sd_m) * noise[..., :2] * seen
        inputs[..., _TARGET_ON : _GO + 1] += np.float32(self.cue_noise_sd) * noise[..., 2:]
        return inputs
