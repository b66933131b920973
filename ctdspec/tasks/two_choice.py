"""What tasks with two alternatives share: phases, go cue, targets and accuracy."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pydantic import Field, model_validator

from ctdspec.tasks.task import Epochs, PointEvents, Task, Trials


@dataclass(frozen=True)
class Evidence:
    """What a trial shows beside the fixation cue, and what follows from it.

    Attributes
    ----------
    presented : (trial, time, 2) float32
        The two streams of evidence.
    received : (trial, time, 2) float32
        The same as the network's senses pass it on, before noise.
    cues : (trial, time, cue) float32
        What else is presented, without noise.
    correct : (trial,) float32
        The right choice, -1 or +1; NaN where neither is.
    condition : (trial,) int64
        Index into the task's conditions.
    """

    presented: np.ndarray
    received: np.ndarray
    cues: np.ndarray
    correct: np.ndarray
    condition: np.ndarray


class TwoChoice(Task):
    """Watch two streams of evidence while a fixation cue is on; when it goes off, choose -1 or +1.

    A trial has three phases: fixation, stimulus and decision. The stimulus lasts any whole number of bins
    from the shortest to the longest that leaves time for the decision within `trial_s`, all equally likely;
    the trial ends with its decision. Before the decision nothing is asked.
    """

    fixation_s: float = Field(ge=0, le=3600)
    """Time before the stimulus, in seconds; the fixation cue is on."""
    shortest_stimulus_s: float = Field(gt=0, le=3600)
    """Length of the shortest stimulus in seconds; the longest is what the other phases leave of `trial_s`."""
    decision_s: float = Field(gt=0, le=3600)
    """Time to answer in seconds; the fixation cue is off."""
    grace_s: float = Field(ge=0, le=3600)
    """Time at the start of the decision that does not count yet, in seconds."""
    input_noise_sd: float = Field(ge=0)
    """Standard deviation of the white noise on each stream of evidence, per bin, all through the trial."""

    @model_validator(mode="after")
    def _ensure_phases_fit(self) -> TwoChoice:
        if self._bins(self.shortest_stimulus_s) < 1:
            raise ValueError(f"shortest_stimulus_s ({self.shortest_stimulus_s:g}) must last a bin at least")
        if self._bins(self.grace_s) >= self._bins(self.decision_s):
            raise ValueError(
                f"grace_s ({self.grace_s:g}) must be shorter than decision_s ({self.decision_s:g})"
            )
        if self._longest_bins(self.n_bins) < self._bins(self.shortest_stimulus_s):
            raise ValueError(
                f"trial_s ({self.trial_s:g}) must hold fixation_s ({self.fixation_s:g}), shortest_stimulus_s "
                f"({self.shortest_stimulus_s:g}) and decision_s ({self.decision_s:g})"
            )
        return self

    @property
    @abstractmethod
    def evidence_names(self) -> tuple[str, str]:
        """What the two streams of evidence are called."""

    @property
    @abstractmethod
    def cue_names(self) -> tuple[str, ...]:
        """What the cues beside the fixation cue are called."""

    @abstractmethod
    def ideal_accuracy(self) -> float:
        """Give the expected accuracy of the best observer, in closed form."""

    @abstractmethod
    def _show(self, valid: np.ndarray, showing: np.ndarray, rng: np.random.Generator) -> Evidence:
        """Draw what trials show; evidence is presented in the bins of `showing` (trial, time)."""

    @property
    def input_names(self) -> tuple[str, ...]:
        """The fixation cue, the streams of evidence, other cues."""
        return ("fixation", *self.evidence_names, *self.cue_names)

    @property
    def output_names(self) -> tuple[str, ...]:
        """The choice: its sign counts."""
        return ("choice",)

    @property
    def stimulus_bins(self) -> np.ndarray:
        """The numbers of bins that a stimulus may last, all equally likely."""
        return np.arange(self._bins(self.shortest_stimulus_s), self._longest_bins(self.n_bins) + 1)

    def sample(self, n_trials: int, rng: np.random.Generator, n_bins: int | None = None) -> Trials:
        """Draw trials; with `n_bins`, of stimuli that let the trials fit.

        Raises
        ------
        ValueError
            If `n_bins` do not hold a trial with the shortest stimulus.
        """
        n_bins = n_bins or self.n_bins
        shortest = self._bins(self.shortest_stimulus_s)
        if (longest := self._longest_bins(n_bins)) < shortest:
            raise ValueError(f"the shortest trial has {n_bins + shortest - longest} bins, more than {n_bins}")
        go = self._bins(self.fixation_s) + rng.integers(shortest, longest, (n_trials, 1), endpoint=True)
        time = np.arange(n_bins)
        fixating, valid = time < go, time < go + self._bins(self.decision_s)
        counting = valid & (time >= go + self._bins(self.grace_s))
        shown = self._show(valid, fixating & (time >= self._bins(self.fixation_s)), rng)

        fixation = fixating[..., None].astype(np.float32)
        noise = rng.standard_normal(shown.received.shape, np.float32) * valid[..., None]
        received = shown.received + np.float32(self.input_noise_sd) * noise
        targets = np.where(valid & ~fixating, shown.correct[:, None], np.float32(np.nan))
        return Trials(
            stimulus=np.concatenate([fixation, shown.presented, shown.cues], axis=2),
            inputs=np.concatenate([fixation, received, shown.cues], axis=2),
            targets=targets[..., None],
            scored=(counting & ~np.isnan(targets))[..., None],
            valid=valid,
            condition=shown.condition,
            epochs=self._epochs(go[:, 0]),
        )

    def events(self, stimulus: np.ndarray) -> Mapping[str, PointEvents]:
        """Give the start of the stimulus and the go cue."""
        fixation = stimulus[..., 0] > 0
        starts, goes = np.zeros_like(fixation), np.zeros_like(fixation)
        starts[:, self._bins(self.fixation_s)] = True
        goes[:, 1:] = fixation[:, :-1] & ~fixation[:, 1:]
        return {
            "stimulus_start": PointEvents("The stimulus starts.", starts),
            "go": PointEvents("The fixation cue goes off: choose.", goes),
        }

    def accuracy(self, outputs: np.ndarray, trials: Trials) -> np.ndarray:
        """Give 1 if the mean output of the scored bins has the right sign and 0 if not; NaN for a tie."""
        scored = trials.scored[..., 0]
        chosen = np.sign(np.where(scored, outputs[..., 0], 0).sum(axis=1))
        correct = np.where(scored, trials.targets[..., 0], 0).sum(axis=1)
        return np.where(scored.any(axis=1), (chosen == np.sign(correct)).astype(float), np.nan)

    def _epochs(self, go: np.ndarray) -> dict[str, Epochs]:
        """Give the phases of trials whose fixation cue goes off in the bins `go` (trial,)."""
        onset = np.full_like(go, self._bins(self.fixation_s))
        return {
            "fixation": Epochs("The fixation cue is on.", np.zeros_like(go), onset),
            "stimulus": Epochs("Evidence is presented.", onset, go),
            "decision": Epochs("The fixation cue is off: choose.", go, go + self._bins(self.decision_s)),
        }

    def _bins(self, seconds: float) -> int:
        return round(seconds / self.bin_s)

    def _longest_bins(self, n_bins: int) -> int:
        return n_bins - self._bins(self.fixation_s) - self._bins(self.decision_s)
