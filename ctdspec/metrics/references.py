"""The rows of a table that are no method's: the best and the worst that an answer can sensibly be."""

from __future__ import annotations

import numpy as np

from ctdspec import scratch
from ctdspec.metrics.model import LinearDynamics, Model
from ctdspec.metrics.motion import MAX_TRAIN_TRIALS
from ctdspec.metrics.surrogates import LinearLaw
from ctdspec.metrics.truth import Truth
from ctdspec.submissions.answer import Answer, SplitAnswer

ORACLE = "oracle"
CHANCE = "chance"
INFERENCE, INFERENCE_GIVEN_INPUTS, FINITE_DATA = "inference", "inference_given_inputs", "finite_data"
CHANCE_SHIFT, CHANCE_OU, CHANCE_INPUTS = "chance_shift", "chance_ou", "chance_inputs"

CHANCE_ROWS = (CHANCE, CHANCE_SHIFT, CHANCE_OU, CHANCE_INPUTS)
REFERENCES = {
    ORACLE: "the truth itself",
    INFERENCE: "the mean of the states and of the rates given the held-in spikes, under the true system, of "
    "whose inputs only the law is known; no method does better but by luck",
    INFERENCE_GIVEN_INPUTS: "the same with the inputs known",
    FINITE_DATA: "the true states, with the rates learned from them on the train trials",
    CHANCE: "the truth of other trials",
    CHANCE_SHIFT: "the truth of the same trial, turned in time",
    CHANCE_OU: "a random linear process with the mean, covariance and one-bin covariance of the truth",
    CHANCE_INPUTS: "the inputs of the task in place of states, with the rates learned from them",
}
"""Every row of a table that is no method's, and what it is.

All but the oracle and chance are there only if a spec asks for them.
"""


def oracle_answer(truth: Truth) -> Answer:
    """Give the truth itself as an answer: the true rates, latents as states, inputs, and couplings."""
    splits = {
        name: SplitAnswer(split.rates_hz, split.latents, split.inputs) for name, split in truth.splits.items()
    }
    wiring = None if truth.wiring is None else truth.wiring.weights
    return Answer(ORACLE, truth.dataset, splits, connectivity=wiring)


def chance_answer(truth: Truth, rng: np.random.Generator) -> Answer:
    """Give each trial the truth of another trial of its split: right in its marginals, wrong in its trials.

    Rates, states and inputs each come from a trial of their own, so that they do not fit each other either,
    and none from the trial itself (derangements). A split of a single trial is left out: there is no other
    trial to borrow from. Couplings are shuffled among all pairs of neurons.
    """
    splits = {}
    for name, split in truth.splits.items():
        if len(split.valid) > 1:
            of_rates, of_states, of_inputs = (derangement(len(split.valid), rng) for _ in range(3))
            splits[name] = SplitAnswer(
                scratch.taken(split.rates_hz, of_rates),
                scratch.taken(split.latents, of_states),
                None if split.inputs is None else scratch.taken(split.inputs, of_inputs),
            )
    wiring = None if truth.wiring is None else shuffled_pairs(truth.wiring.weights, rng)
    return Answer(CHANCE, truth.dataset, splits, connectivity=wiring)


def oracle_model(truth: Truth) -> Model | None:
    """Give the true system as the dynamics of the true latents; None if it is not known."""
    return None if truth.system is None else Model(truth.system.dynamics, "stimulus")


def chance_model(truth: Truth) -> Model | None:
    """Give the linear law with the mean, the covariance and the one-bin covariance of the true latents."""
    if truth.system is None:
        return None
    train, some = truth.splits["train"], slice(MAX_TRAIN_TRIALS)
    return Model(LinearDynamics(LinearLaw.fit(train.latents[some], train.valid[some])), "none")


def shuffled_pairs(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give weights (neuron, source neuron) in a random order; the diagonal stays."""
    apart, mixed = ~np.eye(len(weights), dtype=bool), weights.copy()
    mixed[apart] = rng.permutation(weights[apart])
    return mixed


def derangement(n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a permutation of ``range(n)``, n > 1, that leaves nothing in place; all are equally likely."""
    while True:  # a permutation leaves nothing in place with probability 1/e: three draws on average
        order = rng.permutation(n)
        if not (order == np.arange(n)).any():
            return order
