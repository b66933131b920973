"""What the metrics of dynamics are computed from: two steps, maps between their spaces, and some trials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ctdspec.metrics.alignment import Alignment, Step
from ctdspec.metrics.linear_map import LinearMap, fit_linear_map, moments_by_fold
from ctdspec.metrics.model import Model
from ctdspec.metrics.pair import StatePair
from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.submissions.answer import Answer

MAX_TRAIN_TRIALS = 100
"""Train trials that maps are fitted on; more hardly move a map, and take time."""
MAX_TEST_TRIALS = 40
"""Test trials in which two dynamics are compared."""

Inputs = Callable[[np.ndarray], np.ndarray]
"""Gives what the model takes (…, model input) where the true system is given (…, input)."""


@dataclass(frozen=True)
class Motion:
    """The true system and an answer's model on the first test trials.

    Attributes
    ----------
    true_step, model_step : Step
    alignment : Alignment
        Between latents and states, fitted on train trials.
    model_inputs_of : Inputs
    train, test : StatePair
        Latents and states of the first train and test trials.
    inputs, model_inputs : (test trial, time, input)
        What the true system and the model are given: what was presented, without the noise that the system
        received with it, for no method can know that.
    weights : (1 + resample, test trial)
        Of these trials among all.
    """

    true_step: Step
    model_step: Step
    alignment: Alignment
    model_inputs_of: Inputs
    train: StatePair
    test: StatePair
    inputs: np.ndarray
    model_inputs: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, truth: Truth, answer: Answer, model: Model, weights: np.ndarray) -> Motion:
        """Fit the maps and gather the trials.

        An answer's own inferred inputs may know where the trial goes, so a model that takes them is given a
        linear map of what was presented, fitted on train trials to what was inferred there.

        Raises
        ------
        ValueError
            If the answer has no states, or the truth no system.
        """
        if truth.system is None:
            raise ValueError("the true system is not known")
        train, test = (
            _pair(truth.splits[name], answer.splits[name].states, n_trials)
            for name, n_trials in (("train", MAX_TRAIN_TRIALS), ("test", MAX_TEST_TRIALS))
        )
        inputs = _presented(truth.splits["test"])[:MAX_TEST_TRIALS].astype(float)
        model_inputs_of = _inputs_of(truth, answer, model)
        return cls(
            truth.system.dynamics.step,
            model.dynamics.step,
            Alignment.fit(train),
            model_inputs_of,
            train,
            test,
            inputs,
            model_inputs_of(inputs),
            weights[:, : len(inputs)],
        )

    @property
    def spread(self) -> float:
        """Root of the total variance of the true latents of the train trials."""
        return float(np.sqrt(self.train.latents[self.train.valid].var(axis=0, dtype=float).sum()))

    @property
    def shortest(self) -> int:
        """Valid bins of the shortest of the test trials."""
        return int(self.test.valid.sum(axis=1).min())


def _pair(split: SplitTruth, states: np.ndarray | None, n_trials: int) -> StatePair:
    if states is None:
        raise ValueError("the answer has no states")
    some = slice(n_trials)
    return StatePair(split.latents[some], states[some].astype(float), split.valid[some])


def _presented(split: SplitTruth) -> np.ndarray:
    """Give the stimulus, or what the system received where it is not known apart, (trial, time, input).

    Of width 0 for a system without inputs.
    """
    known = [inputs for inputs in (split.stimulus, split.inputs) if inputs is not None]
    return known[0] if known else np.zeros((*split.valid.shape, 0))


def _inputs_of(truth: Truth, answer: Answer, model: Model) -> Inputs:
    if model.inputs == "none":
        return lambda inputs: np.zeros((*inputs.shape[:-1], 0))
    if model.inputs != "inferred":
        return lambda inputs: inputs
    train, inferred = truth.splits["train"], answer.splits["train"].inputs
    if inferred is None:
        raise ValueError("the answer has no inputs")
    return _input_map(_presented(train)[:MAX_TRAIN_TRIALS], inferred[:MAX_TRAIN_TRIALS], train.valid)


def _input_map(presented: np.ndarray, inferred: np.ndarray, valid: np.ndarray) -> LinearMap:
    """Fit inferred inputs to those presented; to a constant, if there are none."""
    valid, width = valid[: len(presented)], presented.shape[2]
    if not width:
        mean = inferred[valid].mean(axis=0, dtype=float)
        return LinearMap(np.zeros((0, len(mean))), mean, 0.0)
    folds = moments_by_fold((presented, inferred), valid)
    return fit_linear_map(folds, slice(0, width), slice(width, None))
