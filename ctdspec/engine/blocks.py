"""The unit of simulation."""

from __future__ import annotations

from dataclasses import dataclass

BLOCK_TRIALS = 50
"""Trials that are simulated together, and that share their random streams and their chunk on disk.

It is a constant because results depend on it: the streams do, and a matrix product of another shape may
differ in its last bit. What a user may choose (`chunk_trials`, workers) is how many blocks are at work.
"""


@dataclass(frozen=True)
class Block:
    """Consecutive trials."""

    index: int
    """Number of the block, which its random streams carry."""
    trials: slice
    """Its trials."""

    @property
    def n_trials(self) -> int:
        """Number of its trials; the last block of a dataset may be shorter."""
        return self.trials.stop - self.trials.start


def blocks(n_trials: int) -> list[Block]:
    """Give the blocks of a dataset, in order."""
    starts = range(0, n_trials, BLOCK_TRIALS)
    return [Block(i, slice(start, min(start + BLOCK_TRIALS, n_trials))) for i, start in enumerate(starts)]
