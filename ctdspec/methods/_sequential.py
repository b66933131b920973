"""What a network must do to be fitted to spikes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ctdspec.submissions.exchange import InputKind, StepFunction


@dataclass(frozen=True)
class Batch:
    """Trials, or windows of trials of one length, on the device of the network.

    Neurons are in the model's order: the visible ones first, then those that are predicted only.

    Attributes
    ----------
    visible : (trial, time, visible neuron) float32
        What the encoder may see: spikes per bin; a neuron's mean in trials in which it was lost, 0 in bins
        outside the trial.
    counts : (trial, time, neuron) float32
        Spikes per bin of all neurons, for the loss; of trials to be answered, whatever is there.
    seen : (trial, time, neuron or 1) bool
        The bins in which each neuron was recorded: elsewhere `counts` means nothing.
    stimulus : (trial, time, input) float32
    valid : (trial, time) bool
        Bins that belong to the trial.
    """

    visible: Tensor
    counts: Tensor
    seen: Tensor
    stimulus: Tensor
    valid: Tensor


@dataclass(frozen=True)
class Inferred:
    """What a network says of a batch.

    Attributes
    ----------
    expected : (trial, time, neuron) float32
        Expected spikes per bin, neurons in the model's order.
    states : (trial, time, latent) float32
    inputs : (trial, time, input) float32, optional
        Inputs that it inferred.
    """

    expected: Tensor
    states: Tensor
    inputs: Tensor | None = None


@dataclass(frozen=True)
class Law:
    """How a network's states move once it is fitted, and the rates that they stand for, in NumPy.

    Attributes
    ----------
    step : callable
        Next states (row, latent) of states (row, latent) and inputs (row, input), by array API functions.
    weight, bias : (neuron, latent), (neuron,)
        The logarithm of the expected spikes per bin is ``states @ weight.T + bias``; neurons in the model's
        order.
    n_inputs : int
    inputs : "none", "stimulus" or "inferred"
        What the inputs of the step are.
    """

    step: StepFunction
    weight: np.ndarray
    bias: np.ndarray
    n_inputs: int
    inputs: InputKind


class SequentialModel(nn.Module, ABC):
    """A network whose loss is known for a batch, and which infers rates and states from visible spikes.

    Whatever is random comes from the generator `draws`, which is on the device of the batch. The loop in
    `ctdspec.methods._learner` seeds it for each step, so a fit can be resumed and repeated.
    """

    @abstractmethod
    def loss(self, batch: Batch, epoch: float, draws: torch.Generator) -> Tensor:
        """Give the loss, a scalar. `epoch` counts from 0, with its fraction, for what is ramped up."""

    @abstractmethod
    def infer(self, batch: Batch, draws: torch.Generator) -> Inferred:
        """Infer from `batch.visible` and, if it is given, `batch.stimulus`, and from nothing else."""

    def preview(self, batch: Batch, draws: torch.Generator) -> Inferred:
        """Infer for a check between epochs: as `infer`, unless a network has something quicker."""
        return self.infer(batch, draws)

    def law(self) -> Law | None:
        """Give how the answered states move; None if they have no step of their own."""
        return None

    def forward(self, batch: Batch, epoch: float, draws: torch.Generator) -> Tensor:
        """Give the loss."""
        return self.loss(batch, epoch, draws)


def dropout(values: Tensor, rate: float, draws: torch.Generator) -> Tensor:
    """Set entries to 0 with probability `rate`; divide the others by 1 − rate (Srivastava et al. 2014)."""
    if rate == 0:
        return values
    return values * (kept(values, rate, draws) / (1 - rate))


def kept(values: Tensor, rate: float, draws: torch.Generator) -> Tensor:
    """Draw a mask in the shape of `values`, bool: False with probability `rate`."""
    return torch.rand(values.shape, generator=draws, device=values.device) >= rate
