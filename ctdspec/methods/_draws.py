"""Where the draws of a fit come from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from ctdspec.seeds import stream


@dataclass(frozen=True)
class Draws:
    """The streams ``methods/<name>/…`` of a seed, one for each purpose and number.

    So a fit that goes on from a checkpoint draws what an undisturbed one would have drawn.
    """

    seed: int
    name: str

    def stream(self, purpose: str, index: int) -> np.random.Generator:
        """Give the stream of a purpose."""
        return stream(self.seed, f"methods/{self.name}/{purpose}", index)

    def generator(self, purpose: str, index: int, device: torch.device) -> torch.Generator:
        """Give a generator of PyTorch's, on a device, that is seeded by the stream."""
        return torch.Generator(device).manual_seed(self._number(purpose, index))

    @contextmanager
    def seeding(self, purpose: str) -> Iterator[None]:
        """Seed PyTorch's own generator, and put it back as it was afterwards."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._number(purpose, 0))
            yield

    def _number(self, purpose: str, index: int) -> int:
        return int(self.stream(purpose, index).integers(2**63))
