"""Latent factor analysis via dynamical systems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ctdspec.methods.trained import Sizes, Trained
from ctdspec.seeds import stream
from ctdspec.spec.node import Node
from ctdspec.submissions.answer import Scalar

if TYPE_CHECKING:
    from ctdspec.methods._sequential import SequentialModel


class InitialState(Node):
    """The posterior over where a trial starts, and its prior."""

    latents: int = Field(ge=1, le=4096)
    """Dimensions of the posterior; the generator's first state is a linear map of it."""
    prior_variance: float = Field(gt=0)
    """Variance of the prior in each dimension, as learning starts: its mean and variance are learned."""
    least_variance: float = Field(ge=0)
    """What is added to the variance of the posterior, so that it cannot shrink to a point."""


class InferredInputs(Node):
    """The controller: a network that infers what enters the generator from outside, bin by bin."""

    units: int = Field(ge=1, le=4096)
    """Units of the controller, a GRU."""
    inputs: int = Field(ge=1, le=4096)
    """Number of inferred inputs."""
    correlation_bins: float = Field(gt=0)
    """Correlation time of their prior, a first-order autoregressive process, as learning starts."""
    noise_variance: float = Field(gt=0)
    """Variance of what the process receives in each bin, as learning starts."""


class Weights(Node):
    """What the terms of the loss beside the likelihood are multiplied with, once they have risen from 0."""

    initial_state: float = Field(ge=0)
    """Factor of the divergence of the initial state from its prior; 1 is the bound on the likelihood."""
    inputs: float = Field(ge=0)
    """Factor of the divergence of the inferred inputs from their prior; 1 is the bound on the likelihood."""
    generator: float = Field(ge=0)
    """Factor of half the sum of squares of the generator's recurrent weights."""
    controller: float = Field(ge=0)
    """Factor of half the sum of squares of the controller's recurrent weights."""
    divergence_epochs: float = Field(ge=0)
    """Epochs over which the first two rise."""
    recurrent_epochs: float = Field(ge=0)
    """Epochs over which the last two rise."""


class LFADS(Trained):
    """A variational autoencoder whose decoder is a recurrent network (Sussillo et al. 2016).

    Two encoders read the visible spikes of a trial forwards and backwards. From the first comes the posterior
    over the state that the generator starts from; from the second, by way of the controller, the posterior
    over the inputs that it receives in each bin (Pandarinath et al. 2018). Factors are linear in the
    generator's state, log rates linear in the factors. Coordinated dropout (Keshtkaran & Pandarinath 2019)
    keeps spikes from being copied into rates. Rates, states and inputs are posterior means.
    """

    kind: Literal["lfads"]
    encoder_units: int = Field(ge=1, le=4096)
    """Units of each encoder, in each direction."""
    initial_state: InitialState
    """Where trials start."""
    generator_units: int = Field(ge=1, le=4096)
    """Units of the generator."""
    factors: int = Field(ge=1, le=4096)
    """Number of factors."""
    inputs: Literal["given", "none"]
    """Whether the generator receives what the experimenter presented."""
    inferred_inputs: InferredInputs | None = None
    """The controller; left out for a generator that is on its own once a trial has started."""
    weights: Weights
    """Factors of the terms of the loss beside the likelihood."""
    dropout: float = Field(ge=0, lt=1)
    """Share of the encoders' outputs, and of the units that factors are read from, that is set to 0."""
    coordinated_dropout: float = Field(ge=0, lt=1)
    """Share of the visible counts that the encoders do not see; only from these are rates learned. With 0,
    nothing is hidden and everything is learned from."""
    samples: int = Field(ge=1, le=10_000)
    """Draws from the posterior whose mean is the answer."""
    states: Literal["generator", "factors"]
    """What the answer calls the states."""

    @property
    def given_inputs(self) -> bool:
        """Whether the generator receives the stimulus."""
        return self.inputs == "given"

    @property
    def declared(self) -> Mapping[str, Scalar]:
        """Which array is the state, which decides the scores of states, and how many draws were averaged."""
        return {"states": self.states, "samples": self.samples}

    def network(self, sizes: Sizes, seed: int) -> SequentialModel:
        """Build the network; its first weights come from the stream ``methods/<name>/weights``."""
        from ctdspec.methods._lfads import Network

        return Network(self, sizes, stream(seed, f"methods/{self.name}/weights"))
