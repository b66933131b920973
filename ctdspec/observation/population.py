"""What a population is: neurons of one kind."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ctdspec.observation.embedding import Embedding
from ctdspec.observation.link import Link
from ctdspec.spec.component import OneOf
from ctdspec.spec.node import Name, Node


class Population(Node):
    """Neurons that mix the latents and fire in one way."""

    name: Name
    """What it is called, in the dataset too."""
    neurons: int = Field(ge=1, le=1_000_000)
    """How many neurons of it the circuit has."""
    embedding: Annotated[Embedding, OneOf("embedding")]
    """How its neurons mix the latents."""
    rates: Annotated[Link, OneOf("link")]
    """How a neuron's drive becomes its rate."""
