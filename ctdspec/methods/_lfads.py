"""The network of LFADS; the part of it that needs PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ctdspec.methods._lfads_decoder import Decoded, Decoder, linear_layer, logarithms
from ctdspec.methods._lfads_gru import BidirectionalGRU
from ctdspec.methods._lfads_terms import learned_by, normal_kl, poisson_nll
from ctdspec.methods._sequential import Batch, Inferred, Law, SequentialModel, dropout, kept
from ctdspec.methods.lfads import LFADS
from ctdspec.methods.trained import Sizes

# Rows that are decoded together while samples are averaged: enough to keep a processor busy.
_ROWS = 1000


@dataclass(frozen=True)
class Encoded:
    """What the encoders say of a batch.

    Attributes
    ----------
    mean, variance : (trial, initial latent)
        The posterior over the initial state.
    course : (time, trial, 2 encoder unit)
        What the controller sees; without one, of no unit.
    """

    mean: Tensor
    variance: Tensor
    course: Tensor

    def repeated(self, n: int) -> Encoded:
        """Give the same for all trials, `n` times over."""
        return Encoded(self.mean.repeat(n, 1), self.variance.repeat(n, 1), self.course.repeat(1, n, 1))


@dataclass(frozen=True)
class Noise:
    """What a draw from the posterior is made of: standard normal numbers.

    Attributes
    ----------
    initial : (trial, initial latent)
    inputs : (time, trial, inferred input)
    """

    initial: Tensor
    inputs: Tensor


@dataclass(frozen=True)
class Terms:
    """The terms of the loss, means over trials in nats, before any weight."""

    likelihood: Tensor
    """Negative log-likelihood of all counts."""
    initial_state: Tensor
    """Divergence of the initial state from its prior."""
    inputs: Tensor
    """Divergence of the inferred inputs from theirs, estimated by one draw; 0 without a controller."""


class Network(SequentialModel):
    """Encoders, decoder, log rates, and the prior of the initial state."""

    def __init__(self, settings: LFADS, sizes: Sizes, rng: np.random.Generator) -> None:
        super().__init__()
        self.settings = settings
        width, n_latents = settings.encoder_units, settings.initial_state.latents
        n_paths = 2 if settings.inferred_inputs else 1
        self.encoder = BidirectionalGRU(n_paths, sizes.n_visible, width, rng)
        self.to_initial = linear_layer(2 * width, 2 * n_latents, rng)
        self.prior_mean = nn.Parameter(torch.zeros(n_latents))
        self.prior_log_variance = logarithms(n_latents, settings.initial_state.prior_variance)
        self.from_initial = linear_layer(n_latents, settings.generator_units, rng)
        self.decoder = Decoder(settings, sizes.n_inputs if settings.given_inputs else 0, rng)
        self.to_log_rates = linear_layer(settings.factors, len(sizes.mean_counts), rng)
        with torch.no_grad():
            self.to_log_rates.bias.copy_(torch.from_numpy(np.log(sizes.mean_counts)))

    def loss(self, batch: Batch, epoch: float, draws: torch.Generator) -> Tensor:
        """Give the negative bound on the log-likelihood, in nats per trial, with what the weights cost."""
        rate, weights = self.settings.coordinated_dropout, self.settings.weights
        stays = kept(batch.visible, rate, draws)
        learns = torch.ones_like(batch.counts, dtype=torch.bool)
        if rate > 0:
            learns[..., : batch.visible.shape[2]] = ~stays
        visible = batch.visible * (stays / (1 - rate))
        terms = self.terms(batch, visible, learns, self.noise(batch, draws, 1), draws)
        divergence = weights.initial_state * terms.initial_state + weights.inputs * terms.inputs
        divergence = _ramp(epoch, weights.divergence_epochs) * divergence
        return terms.likelihood + divergence + _ramp(epoch, weights.recurrent_epochs) * self.recurrent_cost()

    def terms(
        self, batch: Batch, visible: Tensor, learns: Tensor, noise: Noise, draws: torch.Generator | None
    ) -> Terms:
        """Give the terms of the loss.

        Parameters
        ----------
        visible : (trial, time, visible neuron)
            What the encoders are shown.
        learns : (trial, time, neuron) bool
            The counts that the gradient of the likelihood flows through; its value is that of all.
        noise
            What the draw from the posterior is made of.
        draws
            Where dropout is drawn from; None for no dropout.
        """
        encoded = self.encode(visible, draws)
        decoded = self.decode(encoded, batch.stimulus, noise, draws)
        log_expected = self.to_log_rates(decoded.factors).transpose(0, 1)
        nll = (poisson_nll(batch.counts, learned_by(log_expected, learns)) * batch.seen).sum()
        prior = self.prior_mean, self.prior_log_variance.exp()
        of_initial = normal_kl(encoded.mean, encoded.variance, *prior).sum()
        of_inputs = nll.new_zeros(())
        if self.decoder.controller is not None and decoded.inferred is not None:
            by_bin = self.decoder.controller.divergence(decoded.inferred)
            of_inputs = (by_bin * batch.valid.T[..., None]).sum()
        return Terms(*(term / len(visible) for term in (nll, of_initial, of_inputs)))

    def encode(self, visible: Tensor, draws: torch.Generator | None) -> Encoded:
        """Read counts (trial, time, visible neuron); `draws` as for `terms`."""
        paths = self.encoder(visible)
        ends = torch.cat([paths[0, 0, -1], paths[0, 1, 0]], dim=1)
        mean, log_variance = self.to_initial(self._dropped(ends, draws)).chunk(2, dim=1)
        variance = log_variance.exp() + self.settings.initial_state.least_variance
        # The second path, if there is one, is the controller's.
        course = torch.cat([*paths[-1]], dim=2) if len(paths) > 1 else paths.new_empty(*paths.shape[2:4], 0)
        return Encoded(mean, variance, self._dropped(course, draws))

    def decode(
        self, encoded: Encoded, stimulus: Tensor, noise: Noise, draws: torch.Generator | None
    ) -> Decoded:
        """Run the decoder from a draw of the initial state; stimulus (trial, time, input)."""
        states = self.from_initial(encoded.mean + encoded.variance.sqrt() * noise.initial)
        given = stimulus.transpose(0, 1)
        given = given if self.settings.given_inputs else given[..., :0]
        masks = None
        if draws is not None:
            masks = self._dropped(states.new_ones(len(given), *states.shape), draws)
        return self.decoder(states, encoded.course, given, noise.inputs, masks)

    def infer(self, batch: Batch, draws: torch.Generator) -> Inferred:
        """Give the means of rates, states and inferred inputs over draws from the posterior."""
        encoded, n_trials = self.encode(batch.visible, None), len(batch.visible)
        n_left, total = self.settings.samples, list[Tensor]()
        while n_left > 0:
            n = min(n_left, max(1, _ROWS // n_trials))
            n_left -= n
            noise, stimulus = self.noise(batch, draws, n), batch.stimulus.repeat(n, 1, 1)
            arrays = self._answer(self.decode(encoded.repeated(n), stimulus, noise, None))
            sums = [array.unflatten(1, (n, n_trials)).sum(dim=1) for array in arrays]
            total = [old + new for old, new in zip(total, sums, strict=True)] if total else sums
        return Inferred(*(array.transpose(0, 1) / self.settings.samples for array in total))

    def preview(self, batch: Batch, draws: torch.Generator) -> Inferred:
        """Decode the mean of the posterior in place of draws."""
        noise = self.noise(batch, draws, 1)
        still = Noise(torch.zeros_like(noise.initial), torch.zeros_like(noise.inputs))
        decoded = self.decode(self.encode(batch.visible, None), batch.stimulus, still, None)
        return Inferred(*(array.transpose(0, 1) for array in self._answer(decoded)))

    def law(self) -> Law | None:
        """Give the generator's step and the rates of its states.

        None if the states are factors, which do not tell where the generator is, and if the generator takes
        inputs of both kinds, of which an answer can name one.
        """
        controlled, given = self.settings.inferred_inputs, self.settings.given_inputs
        if self.settings.states == "factors" or (controlled and given):
            return None
        step, from_states = self.decoder.plain()
        weight, bias = (array.detach().cpu().double().numpy() for array in self.to_log_rates.parameters())
        n_inputs = self.decoder.weights["weight_ih"].shape[1]
        inputs = "inferred" if controlled else "stimulus" if n_inputs else "none"
        return Law(step, weight @ from_states, bias, n_inputs, inputs)

    def noise(self, batch: Batch, draws: torch.Generator, n_samples: int) -> Noise:
        """Draw the noise for samples of each trial."""
        n_rows, like = n_samples * len(batch.visible), batch.visible
        controlled = self.settings.inferred_inputs
        shapes = (
            (n_rows, self.settings.initial_state.latents),
            (like.shape[1], n_rows, controlled.inputs if controlled else 0),
        )
        return Noise(*(torch.empty(shape).to(like).normal_(generator=draws) for shape in shapes))

    def recurrent_cost(self) -> Tensor:
        """Give half the sums of squares of the recurrent weights, times their factors."""
        weights = self.settings.weights
        cost = weights.generator * self.decoder.weights["weight_hh"].square().sum()
        if self.decoder.controller is not None:
            cost = cost + weights.controller * self.decoder.controller.weight_hh.square().sum()
        return cost / 2

    def _answer(self, decoded: Decoded) -> list[Tensor]:
        """Give expected counts, what counts as the states, and inferred inputs if there are any."""
        states = decoded.factors if self.settings.states == "factors" else decoded.states
        inputs = [] if decoded.inferred is None else [decoded.inferred.inputs]
        return [self.to_log_rates(decoded.factors).exp(), states, *inputs]

    def _dropped(self, values: Tensor, draws: torch.Generator | None) -> Tensor:
        return values if draws is None else dropout(values, self.settings.dropout, draws)


def _ramp(epoch: float, epochs: float) -> float:
    """Give what rises from 0 to 1 over the first epochs."""
    return min(1.0, epoch / epochs) if epochs else 1.0
