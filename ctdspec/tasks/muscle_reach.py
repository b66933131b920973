"""Reaching, in the activity of muscles."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from ctdspec.arm.muscles import MUSCLES
from ctdspec.spec.node import Node
from ctdspec.spec.placed import at
from ctdspec.spec.problem import did_you_mean
from ctdspec.tasks._muscle_reach_arm import muscle_activity
from ctdspec.tasks._muscle_reach_paths import Reaches
from ctdspec.tasks.task import Epochs, PointEvents, Task, Trials

_PHASES = {
    "preparation": "The reach is shown.",
    "reaction": "The go cue was given, and the hand still rests.",
    "movement": "The hand moves.",
    "hold": "The hand rests at the target.",
}


class ReachCode(Node):
    """How the inputs say which reach it is.

    Half of the inputs are tuned to the direction of the target, half to the direction in which the hand sets
    off: exp(κ cos(direction − preferred direction)), scaled to lie between 0 and 1, with evenly spaced
    preferred directions.
    """

    inputs_per_direction: int = Field(ge=3, le=360)
    """Number of inputs that are tuned to either direction."""
    kappa: float = Field(gt=0)
    """κ: how sharply they are tuned; near 0 it is the cosine."""

    def inputs(self, reaches: Reaches) -> np.ndarray:
        """Give the inputs (reach, 2 × inputs_per_direction) of each reach."""
        preferred = np.arange(self.inputs_per_direction) * 2 * np.pi / self.inputs_per_direction
        directions = np.stack([reaches.targets_rad, reaches.starts_rad], axis=1)[..., None]
        tuned = np.expm1(self.kappa * (np.cos(directions - preferred) + 1)) / np.expm1(2 * self.kappa)
        return tuned.reshape(len(directions), -1)


class MuscleReach(Task):
    """Turn a reach that is shown, and a go cue, into the muscle activity that makes it.

    The task of Sussillo et al. (2015), with an arm (`ctdspec.arm`) in place of recordings. Inputs say which
    reach it will be, and a hold cue says that it is not time yet; both end with the go cue, a pulse. The
    targets are the least activations of the arm's six muscles that move the hand along its path, as shares of
    each muscle's `peaks`. Trials are without noise. Every reach with every delay is drawn once, in random
    order, before any is drawn again.
    """

    kind: Literal["muscle_reach"]
    reaches: Reaches
    """The reaches."""
    held_back: list[str]
    """Names of reaches that are not set: what is practised without them has to be generalised to them."""
    code: ReachCode
    """How the network is told which reach it is."""
    quiet_s: float = Field(ge=0, le=3600)
    """Time before the reach is shown, in seconds."""
    delays_s: list[Annotated[float, Field(ge=0, le=3600)]] = Field(min_length=1, max_length=100)
    """How long reaches are shown before the go cue, in seconds."""
    go_s: float = Field(gt=0, le=3600)
    """Length of the go cue in seconds."""
    reaction_s: float = Field(ge=0, le=3600)
    """From the go cue to the movement, in seconds."""
    tonic: float = Field(ge=0, lt=1)
    """The least activation of a muscle."""

    @model_validator(mode="after")
    def _ensure_reaches_exist(self) -> MuscleReach:
        names = self.reaches.names
        for number, name in enumerate(self.held_back):
            with at("held_back", number):
                if name not in names:
                    hint = did_you_mean(name, names) or f"there are {', '.join(names)}"
                    raise ValueError(f"there is no reach {name!r}; {hint}")
        with at("held_back"):
            if len(set(self.held_back)) < len(self.held_back):
                raise ValueError("a reach is listed twice")
            if not self._set_reaches.size:
                raise ValueError("every reach is held back; leave at least one")
        return self

    @model_validator(mode="after")
    def _ensure_phases_fit(self) -> MuscleReach:
        with at("delays_s"):
            if len({self._bins(delay_s) for delay_s in self.delays_s}) < len(self.delays_s):
                raise ValueError("two delays are equally many bins")
            if self._bins(min(self.delays_s)) < 1:
                raise ValueError(f"a delay must last a bin of {self.bin_s:g} s at least")
        with at("trial_s"):
            parts_s = (self.quiet_s, max(self.delays_s), self.reaction_s, self.reaches.movement_s)
            if sum(map(self._bins, parts_s)) > self.n_bins:
                raise ValueError(
                    f"found {self.trial_s:g}; quiet_s, the longest delay, reaction_s and the movement take "
                    f"{sum(parts_s):g} s"
                )
        return self

    @property
    def input_names(self) -> tuple[str, ...]:
        """What tells the reach, then the hold cue and the go cue."""
        numbers = range(self.code.inputs_per_direction)
        tuned = [f"{what}_{number}" for what in ("target", "start") for number in numbers]
        return (*tuned, "hold", "go")

    @property
    def output_names(self) -> tuple[str, ...]:
        """The muscles."""
        return MUSCLES

    @property
    def condition_names(self) -> tuple[str, ...]:
        """All reaches, also those that are held back."""
        return self.reaches.names

    @property
    def peaks(self) -> np.ndarray:
        """The greatest activation of each muscle in all reaches, (muscle,): what an output of 1 is."""
        return self._activations.max(axis=(0, 1))

    @property
    def phases(self) -> Mapping[str, str]:
        """What happens one after the other."""
        return _PHASES

    def sample(self, n_trials: int, rng: np.random.Generator, n_bins: int | None = None) -> Trials:
        """Draw trials; those that last longer than `n_bins` are cut."""
        n_bins = n_bins or self.n_bins
        reach, delay = self._draw(n_trials, rng)
        onset = np.full(n_trials, self._bins(self.quiet_s))
        go = onset + np.array([self._bins(delay_s) for delay_s in self.delays_s])[delay]
        stimulus = self._stimulus(reach, onset, go, n_bins)
        activity = self._activity
        since = np.arange(n_bins) - (go + self._bins(self.reaction_s))[:, None]
        targets = activity[reach[:, None], since.clip(0, activity.shape[1] - 1)]
        return Trials(
            stimulus=stimulus,
            inputs=stimulus.copy(),
            targets=targets,
            scored=np.ones(targets.shape, bool),
            valid=np.ones((n_trials, n_bins), bool),
            condition=reach,
            epochs=self._epochs(onset, go, n_bins),
        )

    def events(self, stimulus: np.ndarray) -> Mapping[str, PointEvents]:
        """Give when the reach is shown, and the go cue."""
        hold = stimulus[..., -2] > 0
        before = np.concatenate([np.zeros_like(hold[:, :1]), hold[:, :-1]], axis=1)
        return {
            "reach_shown": PointEvents("The reach is shown.", hold & ~before),
            "go": PointEvents("The go cue starts: reach.", before & ~hold),
        }

    def accuracy(self, outputs: np.ndarray, trials: Trials) -> np.ndarray:
        """Give the share of the variance of the muscle activity that is explained: 1 − error / spread.

        The error is the mean square over the bins and muscles of the trial. The spread is that of the best
        constant output, over all reaches that are set; Sussillo et al. (2015) normalise so. Below 0 is worse
        than the constant.
        """
        error = np.square(outputs - trials.targets, dtype=float).mean(axis=(1, 2))
        return 1 - error / self._spread

    def _draw(self, n_trials: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw a reach and the number of a delay for each trial, (trial,) both."""
        n_delays = len(self.delays_s)
        kinds = np.arange(len(self._set_reaches) * n_delays)
        rounds = -(-n_trials // len(kinds))
        drawn = rng.permuted(np.tile(kinds, (rounds, 1)), axis=1).ravel()[:n_trials]
        return self._set_reaches[drawn // n_delays], drawn % n_delays

    def _stimulus(self, reach: np.ndarray, onset: np.ndarray, go: np.ndarray, n_bins: int) -> np.ndarray:
        """Give what is presented, (trial, time, input) float32, from the bins in which things start."""
        time = np.arange(n_bins)
        shown = (time >= onset[:, None]) & (time < go[:, None])
        going = (time >= go[:, None]) & (time < go[:, None] + self._bins(self.go_s))
        code = self.code.inputs(self.reaches)[reach]
        presented = [shown[..., None] * code[:, None], shown[..., None], going[..., None]]
        return np.concatenate(presented, axis=2, dtype=np.float32)

    def _epochs(self, onset: np.ndarray, go: np.ndarray, n_bins: int) -> dict[str, Epochs]:
        moving = go + self._bins(self.reaction_s)
        resting = moving + self._bins(self.reaches.movement_s)
        edges = np.minimum([onset, go, moving, resting, np.full_like(go, n_bins)], n_bins)
        spans = zip(_PHASES.items(), edges[:-1], edges[1:], strict=True)
        return {name: Epochs(about, start, stop) for (name, about), start, stop in spans}

    @property
    def _activations(self) -> np.ndarray:
        """(reach, time, muscle) float64, in every bin from the start of the movement to its end."""
        # Pydantic makes frozen nodes hashable, but does not say so.
        return _activations(self.reaches, self.bin_s, self.tonic)  # pyright: ignore[reportArgumentType]

    @property
    def _activity(self) -> np.ndarray:
        """The same as shares of the peaks, in float32."""
        return (self._activations / self.peaks).astype(np.float32)

    @property
    def _spread(self) -> float:
        """Mean square distance of the targets from the best constant output, over all trials that are set."""
        moving = self._activity[self._set_reaches].astype(float)
        n_rest = self.n_bins - moving.shape[1]
        before = self._bins(self.quiet_s + self.reaction_s) + np.mean([*map(self._bins, self.delays_s)])
        weights = np.ones(moving.shape[1])
        weights[[0, -1]] += before, n_rest - before
        weights /= self.n_bins * len(moving)
        mean, square = (np.einsum("rtm,t->m", moving**power, weights) for power in (1, 2))
        return float((square - mean**2).mean())

    @property
    def _set_reaches(self) -> np.ndarray:
        """Numbers of the reaches that are set."""
        return np.flatnonzero([name not in self.held_back for name in self.reaches.names])

    def _bins(self, seconds: float) -> int:
        return round(seconds / self.bin_s)


# Not an attribute: a copy of the spec with other reaches would keep the activity of these.
@lru_cache(maxsize=8)
def _activations(reaches: Reaches, bin_s: float, tonic: float) -> np.ndarray:
    time_s = np.arange(round(reaches.movement_s / bin_s) + 1) * bin_s
    found = muscle_activity(reaches.motion(time_s), tonic)
    found.flags.writeable = False
    return found
