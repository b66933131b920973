"""The two rows that every table has: the best and the worst that an answer can sensibly be."""

from __future__ import annotations

import numpy as np

from ctdspec.metrics.truth import Truth
from ctdspec.submissions.answer import Answer, SplitAnswer

ORACLE = "oracle"
CHANCE = "chance"


def oracle_answer(truth: Truth) -> Answer:
    """Give the truth itself as an answer: the true rates, and the true latents as states."""
    splits = {name: SplitAnswer(split.rates_hz, split.latents) for name, split in truth.splits.items()}
    return Answer(ORACLE, truth.dataset, splits)


def chance_answer(truth: Truth, rng: np.random.Generator) -> Answer:
    """Give each trial the truth of another trial of its split: right in its marginals, wrong in its trials.

    No trial keeps its own truth (a derangement). A split of a single trial is left out: there is no other
    trial to borrow from.
    """
    splits = {}
    for name, split in truth.splits.items():
        if len(split.valid) > 1:
            donors = derangement(len(split.valid), rng)
            splits[name] = SplitAnswer(split.rates_hz[donors], split.latents[donors])
    return Answer(CHANCE, truth.dataset, splits)


def derangement(n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a permutation of ``range(n)``, n > 1, that leaves nothing in place; all are equally likely."""
    while True:  # a permutation leaves nothing in place with probability 1/e: three draws on average
        order = rng.permutation(n)
        if not (order == np.arange(n)).any():
            return order
