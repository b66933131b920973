"""Sequential autoencoders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from ctdspec.methods.trained import Sizes, Trained
from ctdspec.seeds import stream
from ctdspec.spec.component import OneOf
from ctdspec.spec.node import Node
from ctdspec.systems.cells.cell import Cell

if TYPE_CHECKING:
    from ctdspec.methods._sequential import SequentialModel


class Encoder(Node):
    """A bidirectional GRU that reads a trial and ends in a linear map to the state before the first bin."""

    units: int = Field(ge=1, le=4096)
    """Units in each direction."""
    bins: int = Field(ge=1, le=1000)
    """Bins of the recording that are added up to one of the encoder; more make it faster."""
    dropout: float = Field(ge=0, lt=1)
    """Share of what the encoder found that is dropped in training."""


class Sae(Trained):
    """A sequential autoencoder: an encoder gives the initial state, from which a recurrent cell runs alone.

    All that it knows of a trial is that one state and, if given, the stimulus; the cell has no noise. States
    are the cell's. The rates of all neurons, the held-out ones too, are exp(linear map of the state).
    """

    kind: Literal["sae"]
    cell: Annotated[Cell, OneOf("cell")]
    """The dynamics: any cell that a system can be made of. Its noise is left out."""
    inputs: Literal["given", "none"]
    """Whether the cell receives the stimulus."""
    encoder: Encoder
    """How a trial becomes an initial state."""
    coordinated_dropout: float = Field(ge=0, lt=1)
    """Share of the spike counts that the encoder does not see in training, and on which alone, beside those
    of neurons it never sees, the loss is taken (Keshtkaran & Pandarinath 2019); 0: it sees all, and the loss
    is of all."""

    @property
    def given_inputs(self) -> bool:
        """Whether the cell receives the stimulus."""
        return self.inputs == "given"

    def network(self, sizes: Sizes, seed: int) -> SequentialModel:
        """Build encoder, cell and readout; the weights of the cell are drawn as for a task-trained system."""
        from ctdspec.methods._sae import Autoencoder

        n_inputs = sizes.n_inputs if self.given_inputs else 0
        cell_weights = self.cell.initial_weights(n_inputs, stream(seed, f"methods/{self.name}/cell"))
        return Autoencoder(self, sizes, cell_weights)
