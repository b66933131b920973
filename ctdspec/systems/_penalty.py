"""What regularisers add to the loss."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ctdspec.systems.embodied_network import EmbodiedNetwork
from ctdspec.systems.recipe import Regularisers
from ctdspec.systems.trained_network import CELL, TrainedNetwork


class Probes(NamedTuple):
    """Where and in which direction the Jacobian is probed, once per trial."""

    bins: Tensor
    """(trial,) int64."""
    directions: Tensor
    """(trial, latent): a sign on each latent."""


class Run(NamedTuple):
    """What a network did in a batch of trials."""

    latents: Tensor
    """(trial, time, latent)."""
    inputs: Tensor
    """(trial, time, input)."""
    valid: Tensor
    """(trial, time) bool."""
    probes: Probes


def draw_probes(valid: np.ndarray, n_latents: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw the bins and the directions of probes, from `valid` (trial, time): a bin of each trial's own."""
    bins = rng.integers(valid.sum(axis=1))
    return bins, rng.choice(np.array([-1, 1], np.float32), (len(valid), n_latents))


def penalty(factors: Regularisers, network: TrainedNetwork | EmbodiedNetwork, run: Run) -> Tensor:
    """Give the sum of the terms that have a factor."""
    total = run.latents.new_zeros(())
    if factors.weights is not None:
        entries = [
            array.ravel() for array in network.weights.values() if array.ndim == 2 and array.requires_grad
        ]
        total = total + factors.weights * torch.cat(entries).square().mean()
    if factors.outer_weights is not None:
        outer = (CELL + network.cell.input_weights, "readout.weight")
        entries = [network.weights[name].ravel() for name in outer]
        total = total + factors.outer_weights * torch.cat(entries).square().mean()
    if factors.states is not None:
        total = total + factors.states * run.latents[run.valid].square().mean()
    if factors.rates is not None:
        total = total + factors.rates * network.cell.rates(run.latents[run.valid]).square().mean()
    if factors.jacobian is not None:
        total = total + factors.jacobian * _carried(network, run).square().mean()
    if factors.effort is not None and isinstance(network, EmbodiedNetwork):
        total = total + factors.effort * network.effort(run.latents[run.valid]).square().mean()
    if factors.initial_state is not None:
        total = total + factors.initial_state * network.weights["initial_state"].square().mean()
    return total


def _carried(network: TrainedNetwork | EmbodiedNetwork, run: Run) -> Tensor:
    """Give what becomes of the probed directions when the Jacobian's transpose acts on them, (trial, latent).

    The states are taken as they are: only the step is made smoother by the weights, not the trials calmer.
    """
    trials = torch.arange(len(run.latents), device=run.latents.device)
    states = run.latents[trials, run.probes.bins].detach().requires_grad_()
    inputs = run.inputs[trials, run.probes.bins]
    stepped = network.step(states, inputs)
    return torch.autograd.grad(stepped, states, run.probes.directions, create_graph=True)[0]
