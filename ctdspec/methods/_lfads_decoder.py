"""From a posterior to the course of a trial: the generator of LFADS, and the controller that feeds it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import linear, normalize

from ctdspec.methods._lfads_terms import ar1_log_density, normal_log_density
from ctdspec.methods.lfads import LFADS, InferredInputs
from ctdspec.submissions.exchange import StepFunction
from ctdspec.systems.cells.gru_reset_first import GRUResetFirst, reset_first_step


@dataclass(frozen=True)
class InferredCourse:
    """A draw of the inferred inputs, and the posterior that it is from: three arrays (time, trial, input)."""

    inputs: Tensor
    means: Tensor
    variances: Tensor


@dataclass(frozen=True)
class Decoded:
    """One draw from the posterior, decoded.

    Attributes
    ----------
    states : (time, trial, generator unit)
    factors : (time, trial, factor)
    inferred : InferredCourse, optional
        None without a controller.
    """

    states: Tensor
    factors: Tensor
    inferred: InferredCourse | None


class Decoder(nn.Module):
    """Generator and factors, with the controller if there is one."""

    def __init__(self, settings: LFADS, n_given: int, rng: np.random.Generator) -> None:
        super().__init__()
        controlled, units = settings.inferred_inputs, settings.generator_units
        n_inferred = controlled.inputs if controlled else 0
        self.cell = GRUResetFirst(kind="gru_reset_first", units=units)
        drawn = self.cell.initial_weights(n_inferred + n_given, rng)
        self.weights = nn.ParameterDict({name: parameter(array) for name, array in drawn.items()})
        self.to_factors = parameter(normal_weights(units, settings.factors, rng))
        self.controller = Controller(controlled, settings, rng) if controlled else None

    def forward(
        self, states: Tensor, course: Tensor, given: Tensor, noise: Tensor, masks: Tensor | None
    ) -> Decoded:
        """Run from the state before the first bin.

        Parameters
        ----------
        states : (trial, generator unit)
        course : (time, trial, 2 encoder unit)
            What the encoder tells the controller, if there is one.
        given : (time, trial, input)
            The stimulus, of no channel if it is not given.
        noise : (time, trial, inferred input)
            Standard normal draws.
        masks : (time, trial, generator unit), optional
            What the states are multiplied with on their way to the factors.
        """
        weights, to_factors = dict(self.weights.items()), normalize(self.to_factors, dim=1)
        factors = linear(states, to_factors)
        drives, control = (course, states) if self.controller is None else self.controller.begin(course)
        masks_in_time = repeat(None) if masks is None else masks
        courses, inferred = [], []
        for enters, noise_now, drive, mask in zip(given, noise, drives, masks_in_time, strict=False):
            if self.controller is not None:
                control, mean, variance = self.controller.step(drive, factors, control)
                inputs = mean + variance.sqrt() * noise_now
                inferred.append((inputs, mean, variance))
                enters = torch.cat([inputs, enters], dim=1)
            states = self.cell.step(weights, states, enters, None)
            factors = linear(states if mask is None else states * mask, to_factors)
            courses.append((states, factors))
        states, factors = _stacked(courses)
        return Decoded(states, factors, InferredCourse(*_stacked(inferred)) if inferred else None)

    def plain(self) -> tuple[StepFunction, np.ndarray]:
        """Give the generator's step with its weights in NumPy, and the factors' weights (factor, unit)."""
        weights = {name: array.detach().cpu().double().numpy() for name, array in self.weights.items()}
        to_factors = normalize(self.to_factors.detach().cpu().double(), dim=1).numpy()
        return lambda states, inputs: self.cell.step(weights, states, inputs, None), to_factors


class Controller(nn.Module):
    """The network that infers inputs, and their prior."""

    def __init__(self, controlled: InferredInputs, settings: LFADS, rng: np.random.Generator) -> None:
        super().__init__()
        n_encoded, units, n_inputs = 2 * settings.encoder_units, controlled.units, controlled.inputs
        cell = GRUResetFirst(kind="gru_reset_first", units=units)
        drawn = cell.initial_weights(n_encoded + settings.factors, rng)
        # What comes from the encoder does not wait for the generator, so its weights stand apart.
        self.weight_eh = parameter(drawn["weight_ih"][:, :n_encoded])
        self.weight_fh = parameter(drawn["weight_ih"][:, n_encoded:])
        self.weight_hh, self.bias = parameter(drawn["weight_hh"]), parameter(drawn["bias"])
        self.initial = nn.Parameter(torch.zeros(units))
        self.to_inputs = linear_layer(units, 2 * n_inputs, rng)
        self.log_correlation_bins = logarithms(n_inputs, controlled.correlation_bins)
        self.log_noise_variance = logarithms(n_inputs, controlled.noise_variance)

    def begin(self, course: Tensor) -> tuple[Tensor, Tensor]:
        """Give what the encoder's course (time, trial, 2 encoder unit) contributes, and the first states."""
        return linear(course, self.weight_eh, self.bias), self.initial.expand(course.shape[1], -1)

    def step(self, drive: Tensor, factors: Tensor, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give the states (trial, unit), and mean and variance (trial, input) of the posterior of the inputs.

        `drive` (trial, 3 unit) is of this bin, `factors` and `states` are of the bin before.
        """
        states = reset_first_step(torch.addmm(drive, factors, self.weight_fh.T), states, self.weight_hh)
        mean, log_variance = self.to_inputs(states).chunk(2, dim=1)
        return states, mean, log_variance.exp()

    def divergence(self, course: InferredCourse) -> Tensor:
        """Give log posterior − log prior of the draw, (time, trial, input)."""
        prior = self.log_correlation_bins.exp(), self.log_noise_variance.exp()
        posterior = normal_log_density(course.inputs, course.means, course.variances)
        return posterior - ar1_log_density(course.inputs, *prior)


def linear_layer(n_in: int, n_out: int, rng: np.random.Generator) -> nn.Linear:
    """Give an affine map with weights of variance 1/n_in, and no offset yet."""
    layer = nn.Linear(n_in, n_out)
    layer.weight, layer.bias = parameter(normal_weights(n_in, n_out, rng)), nn.Parameter(torch.zeros(n_out))
    return layer


def normal_weights(n_in: int, n_out: int, rng: np.random.Generator) -> np.ndarray:
    """Draw float32 weights (n_out, n_in) of variance 1/n_in."""
    return (rng.standard_normal((n_out, n_in)) * n_in**-0.5).astype(np.float32)


def parameter(array: np.ndarray) -> nn.Parameter:
    """Give a copy of an array as a parameter."""
    return nn.Parameter(torch.from_numpy(array.copy()))


def logarithms(n: int, value: float) -> nn.Parameter:
    """Give the logarithm of a positive number, `n` times, as a parameter."""
    return nn.Parameter(torch.full((n,), value).log())


def _stacked(rows: list[tuple[Tensor, ...]]) -> list[Tensor]:
    return [torch.stack(column) for column in zip(*rows, strict=True)]
