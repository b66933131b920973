"""Which neurons observe the trials of a benchmark: the same whenever they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ctdspec.benchmark import Benchmark
from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.dynamics.simulate import simulate
from ctdspec.engine.blocks import BLOCK_TRIALS, Block, blocks
from ctdspec.observation.circuit import Observed, draw_neurons, observe
from ctdspec.observation.embedding import LatentMoments
from ctdspec.seeds import stream
from ctdspec.submissions.answer import SPLITS

Read = Callable[[str, slice], np.ndarray]
"""Gives some trials of a variable of the truth."""


def observed_neurons(benchmark: Benchmark, dynamics: Dynamics, read: Read) -> Observed:
    """Draw the neurons of a session, and fit their rates to the train trials that were simulated.

    Raises
    ------
    UsageError
        If the declared rates cannot be realised.
    """
    observation, seed = benchmark.observation, benchmark.seed
    split, moments = split_codes(benchmark), _latent_moments(benchmark, dynamics)

    def train() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for block, chosen in train_blocks(split):
            latents, valid = read("latents", block.trials), read("valid", block.trials)
            yield latents[chosen], valid[chosen]

    neurons = draw_neurons(observation, seed, benchmark.session_number, moments)
    return observe(observation, neurons, train, moments, seed)


def split_codes(benchmark: Benchmark) -> np.ndarray:
    """Give (trial,) int8 indices into `SPLITS`, in the order that the spec declares."""
    counts = benchmark.trials
    codes = np.repeat(np.arange(len(SPLITS), dtype=np.int8), [counts.train, counts.val, counts.test])
    if counts.order == "interleaved":
        codes = stream(benchmark.seed, "split").permutation(codes)
    return codes


def train_blocks(split: np.ndarray) -> Iterator[tuple[Block, np.ndarray]]:
    """Give the blocks that hold train trials, and which of their trials (trial,) bool those are."""
    for block in blocks(len(split)):
        train = split[block.trials] == SPLITS.index("train")
        if train.any():
            yield block, train


def _latent_moments(benchmark: Benchmark, dynamics: Dynamics) -> LatentMoments:
    """Give the moments of trials that no session holds, so that neurons are the same in every session."""
    seed = benchmark.seed
    trials = benchmark.task.sample(BLOCK_TRIALS, stream(seed, "observation/task"))
    latents = simulate(dynamics, trials.inputs, stream(seed, "observation/system"), trials.start)
    latents = latents[trials.valid]
    return LatentMoments(latents.mean(axis=0, dtype=np.float64), latents.std(axis=0, dtype=np.float64))
