"""Named random streams.

Every draw comes from the stream of (seed, purpose, index), so that a new component, another chunk size or
another number of workers never changes what another component draws.
"""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, purpose: str, index: int = 0) -> np.random.Generator:
    """Give the random generator of one purpose.

    Parameters
    ----------
    seed
        The seed of the spec.
    purpose
        What the draws are for, e.g. ``"task"``; its SHA-256 keys the stream.
    index
        Which of several equal units of work this is, e.g. the number of a block of trials.
    """
    words = np.frombuffer(hashlib.sha256(purpose.encode()).digest(), "<u4")
    entropy = [seed, *(int(word) for word in words)]
    return np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence(entropy, spawn_key=(index,))))
