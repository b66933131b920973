"""How a recording sees the system."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ctdspec.observation.embedding import Embedding
from ctdspec.observation.link import Link
from ctdspec.observation.noise import Noise
from ctdspec.spec.component import OneOf
from ctdspec.spec.node import Node


class Neurons(Node):
    """Who is observed."""

    held_in: int = Field(ge=1, le=100_000)
    """Neurons that every split shows."""
    held_out: int = Field(ge=0, le=100_000)
    """Neurons that the test split hides; a method must predict them from the others."""

    @property
    def total(self) -> int:
        """All neurons."""
        return self.held_in + self.held_out


class Observation(Node):
    """How a recording sees the system: which neurons, how latents become rates, which noise makes spikes."""

    neurons: Neurons
    """Who is observed."""
    embedding: Annotated[Embedding, OneOf("embedding")]
    """How neurons mix the latents."""
    rates: Annotated[Link, OneOf("link")]
    """How a neuron's drive becomes its rate."""
    noise: Annotated[Noise, OneOf("noise")]
    """How rates make spikes."""
