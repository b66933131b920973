"""The network of a sequential autoencoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from ctdspec.methods._sequential import Batch, Inferred, Law, SequentialModel, dropout, kept
from ctdspec.methods.trained import Sizes

if TYPE_CHECKING:
    from ctdspec.methods.sae import Sae


class Autoencoder(SequentialModel):
    """Encoder, cell and readout of a `Sae`."""

    def __init__(self, spec: Sae, sizes: Sizes, cell_weights: Mapping[str, np.ndarray]) -> None:
        super().__init__()
        self.spec, self.n_inputs = spec, sizes.n_inputs if spec.given_inputs else 0
        units, n_latents = spec.encoder.units, spec.cell.n_latents
        self.encoder = nn.GRU(sizes.n_visible, units, batch_first=True, bidirectional=True)
        self.to_state = nn.Linear(2 * units, n_latents)
        self.cell_weights = nn.ParameterDict(
            {
                name: nn.Parameter(torch.from_numpy(array), name not in spec.cell.fixed_weights)
                for name, array in cell_weights.items()
            }
        )
        self.readout = nn.Linear(n_latents, len(sizes.mean_counts))
        with torch.no_grad():
            self.readout.bias.copy_(torch.from_numpy(np.log(sizes.mean_counts)))

    def loss(self, batch: Batch, epoch: float, draws: torch.Generator) -> Tensor:
        """Give the mean Poisson negative log-likelihood, in nats per entry, without the counts' own term."""
        shown, counted = coordinated(batch, self.spec.coordinated_dropout, draws)
        log_expected = self.readout(self._states(shown, batch.stimulus, draws))
        nats = log_expected.exp() - batch.counts * log_expected
        return (nats * counted).sum() / counted.sum().clamp(min=1)

    def infer(self, batch: Batch, draws: torch.Generator) -> Inferred:
        """Give the rates and the states of the cell."""
        states = self._states(batch.visible, batch.stimulus, draws)
        return Inferred(self.readout(states).exp(), states)

    def law(self) -> Law:
        """Give the step of the cell, and the readout, in double precision."""
        weights = {name: _plain(array) for name, array in self.cell_weights.items()}
        return Law(
            lambda states, inputs: self.spec.cell.step(weights, states, inputs, None),
            _plain(self.readout.weight),
            _plain(self.readout.bias),
            self.n_inputs,
            "stimulus" if self.n_inputs else "none",
        )

    def _states(self, shown: Tensor, stimulus: Tensor, draws: torch.Generator) -> Tensor:
        """Run the cell from the state that the encoder finds; (trial, time, latent)."""
        state = self._initial_states(shown, draws)
        weights, states = dict(self.cell_weights.items()), []
        for now in stimulus[..., : self.n_inputs].unbind(1):
            state = self.spec.cell.step(weights, state, now, None)
            states.append(state)
        return torch.stack(states, 1)

    def _initial_states(self, shown: Tensor, draws: torch.Generator) -> Tensor:
        ends = self.encoder(pooled(shown, self.spec.encoder.bins))[1]
        found = torch.cat([ends[0], ends[1]], 1)
        return self.to_state(dropout(found, self.spec.encoder.dropout if self.training else 0, draws))


def _plain(array: Tensor) -> np.ndarray:
    return array.detach().cpu().double().numpy()


def coordinated(batch: Batch, rate: float, draws: torch.Generator) -> tuple[Tensor, Tensor]:
    """Drop entries of what is visible, and take the loss on what was dropped.

    Survivors are divided by 1 − rate.

    Returns
    -------
    shown : (trial, time, visible neuron)
        What the encoder sees.
    counted : (trial, time, neuron) bool
        The entries that the loss is taken on: those that were dropped, and all of neurons that are never
        visible, wherever they were recorded. All of them if `rate` is 0.
    """
    seen = batch.seen.expand(batch.counts.shape)
    if rate == 0:
        return batch.visible, seen
    n_visible = batch.visible.shape[2]
    is_kept = kept(batch.visible, rate, draws)
    shown = batch.visible * is_kept / (1 - rate)
    return shown, torch.cat([seen[..., :n_visible] & ~is_kept, seen[..., n_visible:]], 2)


def pooled(counts: Tensor, n_bins: int) -> Tensor:
    """Add up so many bins to one, (trial, shorter time, neuron); the last may have fewer."""
    if n_bins == 1:
        return counts
    missing = -counts.shape[1] % n_bins
    padded = nn.functional.pad(counts, (0, 0, 0, missing))
    return padded.unflatten(1, (-1, n_bins)).sum(2)
