"""From latents to rates that are exactly as high as the spec asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ctdspec.observation.observation import Observation
from ctdspec.seeds import stream

TrainBlocks = Callable[[], Iterable[tuple[np.ndarray, np.ndarray]]]
"""Gives, whenever called, the train trials by blocks: latents (trial, time, latent), valid (trial, time)."""


@dataclass(frozen=True)
class RateModel:
    """The rates of a population, as a function of the latents.

    ``rates_hz = scale_hz × link.function(gain × (drive − drive_mean) / drive_sd)``

    Attributes
    ----------
    observation
        The spec it realises.
    weights
        The weights of the embedding, by name.
    drive_mean, drive_sd : (neuron,)
        Mean and standard deviation of each neuron's drive over the valid bins of the train trials.
    scale_hz : (neuron,)
        The factors that set the mean rates over the same bins.
    """

    observation: Observation
    weights: Mapping[str, np.ndarray]
    drive_mean: np.ndarray
    drive_sd: np.ndarray
    scale_hz: np.ndarray

    def shape(self, latents: np.ndarray) -> np.ndarray:
        """Give the rates without their scale, (…, neuron) float32, of latents (…, latent)."""
        link = self.observation.rates
        gain = (link.gain / self.drive_sd).astype(np.float32)
        drive = self.observation.embedding.apply(self.weights, latents) - self.drive_mean.astype(np.float32)
        drive *= gain
        return link.function(drive)

    def rates_hz(self, latents: np.ndarray) -> np.ndarray:
        """Give the rates (…, neuron) float32 of latents (…, latent)."""
        return self.shape(latents) * self.scale_hz.astype(np.float32)


def embedding_weights(observation: Observation, n_latents: int, seed: int) -> dict[str, np.ndarray]:
    """Draw the weights of the embedding from the stream ``observation/embedding`` of `seed`."""
    rng = stream(seed, "observation/embedding")
    return observation.embedding.draw(n_latents, observation.neurons.total, rng)


def fit_rates(
    observation: Observation, weights: Mapping[str, np.ndarray], train: TrainBlocks, seed: int
) -> RateModel:
    """Fit the scales to the train trials; mean rates come from the stream ``observation/mean_rates``."""
    n_neurons = observation.neurons.total
    mean, variance = _moments(lambda latents: observation.embedding.apply(weights, latents), train)
    if observation.rates.across == "population":
        variance = np.full(n_neurons, np.mean(variance + mean**2) - np.mean(mean) ** 2)
        mean = np.full(n_neurons, np.mean(mean))
    # A drive that never changes gives a constant rate, whatever it is divided by.
    sd = np.sqrt(np.where(variance > 1e-12 * (1 + mean**2), variance, 1.0))

    unscaled = RateModel(observation, weights, mean, sd, np.ones(n_neurons))
    shape_mean, _ = _moments(unscaled.shape, train)
    if observation.rates.across == "population":
        shape_mean = np.full(n_neurons, np.mean(shape_mean))
    return RateModel(observation, weights, mean, sd, _mean_rates_hz(observation, seed) / shape_mean)


def _mean_rates_hz(observation: Observation, seed: int) -> np.ndarray:
    """Draw log-normal mean rates (neuron,) and scale them so that their mean is exactly the one declared."""
    z = stream(seed, "observation/mean_rates").standard_normal(observation.neurons.total)
    means = np.exp(observation.rates.mean_log_sd * z)
    return observation.rates.mean_hz * means / means.mean()


def _moments(
    values_of: Callable[[np.ndarray], np.ndarray], train: TrainBlocks
) -> tuple[np.ndarray, np.ndarray]:
    """Give mean and variance (neuron,) of a function of the latents, over the valid train bins."""
    count, total, squares = 0, 0.0, 0.0
    for latents, valid in train():
        values = values_of(latents[valid]).astype(np.float64)
        count += len(values)
        total = total + values.sum(axis=0)
        squares = squares + np.einsum("ij,ij->j", values, values)
    mean = np.asarray(total) / count
    return mean, np.maximum(np.asarray(squares) / count - mean**2, 0.0)
