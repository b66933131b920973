"""Fifteen cognitive tasks in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from ctdspec.tasks._multitask_phases import PHASES, Durations
from ctdspec.tasks._multitask_rules import RULES, FamilyName, RuleName
from ctdspec.tasks._multitask_stimuli import Shown, Stimuli
from ctdspec.tasks.task import Epochs, Task, Trials

_RULE_NAMES = tuple(RULES)
_CUED = ("delay", "memory", "decision")
"""Families in which the end of the fixation input is the cue to respond; in others the last stimulus is."""
_HALF = 0.5


class MultiTask(Task):
    """Fifteen cognitive tasks in one (Yang et al. 2019; as chosen and named by Driscoll et al. 2024).

    A rule input says which task a trial is of. The network fixates (first output 1, others 0) until it may
    respond, and then gives the cosine and the sine of a direction and 0 for fixation; in some trials of the
    matching tasks it must fixate to the end.

    The end of the fixation input is the cue to respond, except in the tasks of reaction and of matching:
    there the fixation input stays, and the last stimulus is the cue. Stimuli that are not weighed against
    each other are of strength 1.

    Every rule is drawn once, in random order, before any is drawn again.
    """

    kind: Literal["multitask"]
    rules: list[RuleName] = Field(min_length=1, max_length=len(RULES))
    """The tasks that are set; inputs and outputs are the same for any choice."""
    durations_s: Durations
    """How long phases last, in seconds."""
    stimuli: Stimuli
    """What is shown."""
    input_noise_sd: float = Field(ge=0)
    """Standard deviation of the white noise on all that the network receives, per bin."""
    settle_s: float = Field(ge=0, le=3600)
    """Time at the start of a trial that does not count, in seconds."""
    reaction_s: float = Field(ge=0, le=3600)
    """Time at the start of the response phase that does not count, in seconds."""
    tolerance_deg: float = Field(gt=0, lt=180)
    """Largest error of the direction of a right response."""

    @model_validator(mode="after")
    def _ensure_rules_differ(self) -> MultiTask:
        if len(set(self.rules)) < len(self.rules):
            raise ValueError("rules: a task must not be listed twice")
        return self

    @model_validator(mode="after")
    def _ensure_phases_fit(self) -> MultiTask:
        self.durations_s.ensure_fit(self.trial_s, self.bin_s, self.reaction_s)
        return self

    @property
    def input_names(self) -> tuple[str, ...]:
        """Fixation, both modalities, and one input for each of the fifteen rules."""
        modalities = ("modality_1_cos", "modality_1_sin", "modality_2_cos", "modality_2_sin")
        return ("fixation", *modalities, *(f"rule_{name}" for name in _RULE_NAMES))

    @property
    def output_names(self) -> tuple[str, ...]:
        """Fixation, and the direction of the response."""
        return ("fixation", "response_cos", "response_sin")

    @property
    def condition_names(self) -> tuple[str, ...]:
        """The fifteen rules, whichever are set."""
        return _RULE_NAMES

    @property
    def phases(self) -> Mapping[str, str]:
        """What happens one after the other; no task has all of them."""
        return PHASES

    def sample(self, n_trials: int, rng: np.random.Generator, n_bins: int | None = None) -> Trials:
        """Draw trials; those that last longer than `n_bins` are cut."""
        n_bins = n_bins or self.n_bins
        index = self._draw_rules(n_trials, rng)
        rules = [RULES[_RULE_NAMES[number]] for number in index]
        families: list[FamilyName] = [rule.family for rule in rules]
        ends = np.cumsum(self.durations_s.draw(families, self.bin_s, rng), axis=1).clip(max=n_bins)
        shown = self.stimuli.draw(rules, rng)
        bins = np.diff(ends, axis=1, prepend=0, append=n_bins)
        stimulus = _expand(_stimulus_by_phase(index, np.isin(families, _CUED), shown), bins)
        start = dict(zip(PHASES, (ends - bins[:, :-1]).T, strict=True))
        stop = dict(zip(PHASES, ends.T, strict=True))
        return Trials(
            stimulus,
            self._noisy(stimulus, ends[:, -1], rng),
            targets=_expand(_targets_by_phase(shown), bins),
            scored=np.repeat(self._scored(start["response"], ends[:, -1], n_bins)[..., None], 3, axis=2),
            valid=np.arange(n_bins) < ends[:, -1:],
            condition=index,
            epochs={name: Epochs(about, start[name], stop[name]) for name, about in PHASES.items()},
        )

    def _draw_rules(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        """Draw indices into the rules, (trial,)."""
        mine = np.array([_RULE_NAMES.index(name) for name in self.rules])
        rounds = -(-n_trials // len(mine))
        return rng.permuted(np.tile(mine, (rounds, 1)), axis=1).ravel()[:n_trials]

    def _noisy(self, stimulus: np.ndarray, lengths: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Put noise on the stimulus, for as long as each trial lasts."""
        inputs = np.zeros_like(stimulus)
        for trial, length in enumerate(lengths):
            rng.standard_normal(out=inputs[trial, :length], dtype=np.float32)
        inputs *= np.float32(self.input_noise_sd)
        inputs += stimulus
        return inputs

    def _scored(self, response: np.ndarray, lengths: np.ndarray, n_bins: int) -> np.ndarray:
        """Give the bins that count, (trial, time), from the bins at which responses start and trials end."""
        time = np.arange(n_bins)
        settle, reaction = round(self.settle_s / self.bin_s), round(self.reaction_s / self.bin_s)
        since = time - response[:, None]
        return (time >= settle) & (time < lengths[:, None]) & ((since < 0) | (since >= reaction))

    def accuracy(self, outputs: np.ndarray, trials: Trials) -> np.ndarray:
        """Give 1 for each trial that is right, 0 for each that is wrong; NaN if its response was cut off.

        The rule is that of Yang et al. (2019): right is a trial in which the output of fixation stays above
        1/2 wherever fixation is asked, and in which the response is within `tolerance_deg` of the right
        direction. The response is the mean over the bins of the response phase that count; in it, fixation
        must be below 1/2. Where none is asked, it must be shorter than 1/2.
        """
        counts = trials.scored[..., 0] & trials.valid
        fixates = counts & (trials.targets[..., 0] == 1)
        held = ((outputs[..., 0] > _HALF) | ~fixates).all(axis=1)
        in_response = counts & trials.epochs["response"].bins(counts.shape[1])
        asked = _mean_over(trials.targets, in_response)[:, 1:]
        given = _mean_over(outputs, in_response)
        length = np.hypot(given[:, 1], given[:, 2])
        near = (given[:, 1:] * asked).sum(axis=1) > np.cos(np.deg2rad(self.tolerance_deg)) * length
        responded = near & (given[:, 0] < _HALF)
        right = held & np.where(asked.any(axis=1), responded, length < _HALF)
        return np.where(in_response.any(axis=1), right.astype(float), np.nan)


def _stimulus_by_phase(rules: np.ndarray, cued: np.ndarray, shown: Shown) -> np.ndarray:
    """Give what is presented in each phase and, last, in the padding: (trial, phase + 1, input) float32."""
    n_trials, n_phases = shown.stimuli.shape[:2]
    presented = np.zeros((n_trials, n_phases + 1, 5 + len(RULES)), np.float32)
    presented[:, :n_phases, 0] = 1
    presented[cued, n_phases - 1, 0] = 0
    presented[:, :n_phases, 1:5] = shown.stimuli.reshape(n_trials, n_phases, 4)
    presented[np.arange(n_trials), :n_phases, 5 + rules] = 1
    return presented


def _targets_by_phase(shown: Shown) -> np.ndarray:
    """Give what is asked in each phase and, last, in the padding: (trial, phase + 1, output) float32."""
    n_trials, n_phases = shown.stimuli.shape[:2]
    asked = np.zeros((n_trials, n_phases + 1, 3), np.float32)
    asked[:, :, 0] = 1
    asked[:, -2, 0] = ~shown.answers.any(axis=1)
    asked[:, -2, 1:] = shown.answers
    asked[:, -1] = np.nan
    return asked


def _expand(by_phase: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """Give (trial, time, channel) from values (trial, phase, channel) that last some bins (trial, phase)."""
    n_trials, _, n_channels = by_phase.shape
    expanded = np.repeat(by_phase.reshape(-1, n_channels), bins.ravel(), axis=0)
    return expanded.reshape(n_trials, len(expanded) // max(n_trials, 1), n_channels)


def _mean_over(values: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """Give the mean (trial, channel) of values (trial, time, channel) over bins (trial, time); 0 of none."""
    totals = np.einsum("btc,bt->bc", np.where(bins[..., None], values, 0), bins)
    return totals / np.maximum(bins.sum(axis=1), 1)[:, None]
