"""What a metric is computed from: an answer, the truth it is judged by, and the resamples of the trials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ctdspec.metrics.bootstrap import trial_weights
from ctdspec.metrics.log_rates import log_rates, mean_rates
from ctdspec.metrics.model import Model
from ctdspec.metrics.motion import Motion
from ctdspec.metrics.pair import Pair
from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.seeds import stream
from ctdspec.submissions.answer import Answer, SplitAnswer

Need = Literal[
    "rates",
    "states",
    "inputs",
    "outputs",
    "events",
    "held_out",
    "forward",
    "spikes",
    "dynamics",
    "fixed_points",
    "exponents",
    "connectivity",
    "hubs",
    "probabilities",
]
"""What a metric may need. ``rates`` and ``states``: in the answer. ``inputs``: in the answer, which was not
given them, and in the system. ``outputs``, ``events``, ``held_out`` neurons, ``forward`` bins and ``spikes``:
in the dataset. ``dynamics``: in the answer, and of the true system. ``fixed_points`` and ``exponents``: of
the true system, found when the dataset was built. ``connectivity``: in the answer, of neurons that are
coupled; ``hubs``: in the dataset. ``probabilities``: states in the answer that are probabilities, of a system
with discrete states."""


@dataclass(frozen=True)
class Case:
    """An answer and the truth, in the same order of trials.

    Attributes
    ----------
    answer : Answer
        One that fits the truth.
    truth : Truth
    seed : int
        Of the spec. Every answer is resampled with the same draws, so differences are paired.
    brought : Model, optional
        The dynamics of the answer's states, if they are not those that the answer itself brings.
    """

    answer: Answer
    truth: Truth
    seed: int
    brought: Model | None = None

    @cached_property
    def model(self) -> Model | None:
        """The dynamics of the answer's states; None if there are none."""
        return self.brought or Model.of(self.answer)

    @cached_property
    def motion(self) -> Motion:
        """The true system and the model side by side; only where `has` says that there are both.

        Raises
        ------
        ValueError
            If one is missing: an error of the program.
        """
        if self.model is None or self.truth.system is None:
            raise ValueError("there are no two dynamics to compare")
        return Motion.of(self.truth, self.answer, self.model, self.weights)

    @cached_property
    def weights(self) -> np.ndarray:
        """How often each test trial counts, (1 + resample, trial)."""
        return trial_weights(len(self.test.valid), stream(self.seed, "metrics/bootstrap"))

    @property
    def train(self) -> SplitTruth:
        """The truth of the train trials."""
        return self.truth.splits["train"]

    @property
    def test(self) -> SplitTruth:
        """The truth of the test trials."""
        return self.truth.splits["test"]

    @property
    def answered(self) -> SplitAnswer:
        """The answer for the test trials."""
        return self.answer.splits["test"]

    @property
    def has(self) -> frozenset[Need]:
        """What is there of all that a metric may need."""
        inferred = self.answered.inputs is not None and not self.answer.given_inputs
        inputs = inferred and self.test.inputs is not None
        system = self.truth.system
        found: dict[Need, bool] = {
            "rates": True,
            "states": self.answered.states is not None,
            "inputs": inputs,
            "outputs": self.test.outputs is not None,
            "events": bool(self.test.events),
            "held_out": bool(self.truth.held_out.any()),
            "forward": self.test.forward is not None,
            "spikes": self.test.spikes is not None,
            "dynamics": system is not None and self.model is not None,
            "fixed_points": system is not None and system.fixed_points is not None,
            "exponents": system is not None and system.exponents is not None,
            "connectivity": self.truth.wiring is not None and self.answer.connectivity is not None,
            "hubs": self.truth.wiring is not None and self.truth.wiring.hubs is not None,
            "probabilities": self.test.labels is not None and self.answer.has_probabilities,
        }
        return frozenset(need for need, there in found.items() if there)

    @cached_property
    def state_pairs(self) -> tuple[Pair, Pair]:
        """The true latents beside the answer's states, as `pairs`."""
        return self.pairs(lambda truth: truth.latents, lambda answer: answer.states)

    @cached_property
    def readout_pairs(self) -> tuple[Pair, Pair]:
        """The answer's states beside the logarithms of its rates, of the train and of the test trials.

        Raises
        ------
        ValueError
            If it has no states: an error of the program.
        """
        mean_hz = mean_rates(self.answer.splits["train"].rates_hz, self.train.valid)
        found = []
        for name in ("train", "test"):
            answered = self.answer.splits[name]
            if answered.states is None:
                raise ValueError(f"{name}: there are no states")
            logs = log_rates(answered.rates_hz, mean_hz)
            found.append(Pair(answered.states, logs, self.truth.splits[name].valid))
        return found[0], found[1]

    def pairs(
        self,
        true: Callable[[SplitTruth], np.ndarray | None],
        inferred: Callable[[SplitAnswer], np.ndarray | None],
    ) -> tuple[Pair, Pair]:
        """Give what is true beside what is inferred, of the train and of the test trials.

        Raises
        ------
        ValueError
            If either is missing: an error of the program, which is to look at `has` before.
        """
        found = []
        for name in ("train", "test"):
            split = self.truth.splits[name]
            target, source = true(split), inferred(self.answer.splits[name])
            if target is None or source is None:
                raise ValueError(f"{name}: there is nothing to compare")
            found.append(Pair(target, source, split.valid))
        return found[0], found[1]
