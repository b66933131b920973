"""From latents to rates that are exactly as high as the spec asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ctdspec.errors import UsageError
from ctdspec.observation.link import PEAK_SHARE, Link
from ctdspec.observation.population import Population

TrainBlocks = Callable[[], Iterable[tuple[np.ndarray, np.ndarray]]]
"""Gives, whenever called, the train trials by blocks: latents (trial, time, latent), valid (trial, time)."""

_HISTOGRAM_BINS = 2048
_GAINS = np.geomspace(1e-3, 10.0, 161)


@dataclass(frozen=True)
class RateModel:
    """The rates of a population, as a function of the latents.

    ``rates_hz = scale_hz × link.function(gain × (drive − drive_mean) / drive_sd)``

    Attributes
    ----------
    population
        The spec it realises.
    weights
        The weights of the embedding, by name.
    drive_mean, drive_sd : (neuron,)
        Mean and standard deviation of each neuron's drive over the valid bins of the train trials.
    gain : (neuron,)
        Standard deviation of the drive that enters the link.
    scale_hz : (neuron,)
        The factors that set the mean rates over the same bins.
    """

    population: Population
    weights: Mapping[str, np.ndarray]
    drive_mean: np.ndarray
    drive_sd: np.ndarray
    gain: np.ndarray
    scale_hz: np.ndarray

    def standardised(self, latents: np.ndarray) -> np.ndarray:
        """Give the standardised drive (…, neuron) float32 of latents (…, latent)."""
        drive = self.population.embedding.apply(self.weights, latents) - self.drive_mean.astype(np.float32)
        drive /= self.drive_sd.astype(np.float32)
        return drive

    def shape(self, latents: np.ndarray) -> np.ndarray:
        """Give the rates without their scale, (…, neuron) float32, of latents (…, latent)."""
        drive = self.population.embedding.apply(self.weights, latents) - self.drive_mean.astype(np.float32)
        drive *= (self.gain / self.drive_sd).astype(np.float32)
        return self.population.rates.function(drive)

    def rates_hz(self, latents: np.ndarray) -> np.ndarray:
        """Give the rates (…, neuron) float32 of latents (…, latent)."""
        return self.shape(latents) * self.scale_hz.astype(np.float32)

    def take(self, neurons: np.ndarray) -> RateModel:
        """Give the rates of some of the neurons."""
        axes = self.population.embedding.axes
        return replace(
            self,
            weights={
                name: array[neurons] if axes[name][0] == "neuron" else array
                for name, array in self.weights.items()
            },
            drive_mean=self.drive_mean[neurons],
            drive_sd=self.drive_sd[neurons],
            gain=self.gain[neurons],
            scale_hz=self.scale_hz[neurons],
        )


def fit_rates(
    population: Population, weights: Mapping[str, np.ndarray], mean_hz: np.ndarray, train: TrainBlocks
) -> RateModel:
    """Fit gains and scales to the train trials.

    Parameters
    ----------
    population
        What is declared.
    weights
        The weights of its embedding.
    mean_hz : (neuron,)
        The mean rate of every neuron; of their mean only, with ``across: population``.
    train
        The train trials.

    Raises
    ------
    UsageError
        If the link cannot give the declared dynamic range, or gives some neuron no rate at all.
    """
    link, n_neurons = population.rates, len(mean_hz)
    mean, variance = _moments(lambda latents: population.embedding.apply(weights, latents), train)
    if link.across == "population":
        variance = np.full(n_neurons, np.mean(variance + mean**2) - np.mean(mean) ** 2)
        mean = np.full(n_neurons, np.mean(mean))
    # A drive that never changes gives a constant rate, whatever it is divided by.
    sd = np.sqrt(np.where(variance > 1e-12 * (1 + mean**2), variance, 1.0))

    ones = np.ones(n_neurons)
    model = RateModel(population, weights, mean, sd, ones * (link.gain or 1.0), ones)
    if link.dynamic_range is not None:
        model = replace(model, gain=_gains(model, train, link.dynamic_range))
    shape_mean, _ = _moments(model.shape, train)
    if link.across == "population":
        shape_mean = np.full(n_neurons, np.mean(shape_mean))
    if not shape_mean.min() > 0:
        raise UsageError(
            f"observation.rates: with link {link.kind} neuron {int(shape_mean.argmin())} never fires, so its"
            " mean rate cannot be set; lower the gain"
        )
    return replace(model, scale_hz=mean_hz / shape_mean)


def draw_mean_rates_hz(link: Link, z: np.ndarray, log_change: np.ndarray) -> np.ndarray:
    """Give mean rates (neuron,) whose mean is exactly the one declared.

    They are log-normal, from standard normal draws `z`, and changed by ``exp(log_change)``.
    """
    means = np.exp(link.mean_log_sd * z + log_change)
    return link.mean_hz * means / means.mean()


def _gains(model: RateModel, train: TrainBlocks, dynamic_range: float) -> np.ndarray:
    """Find the gain at which each neuron's peak is `dynamic_range` times its mean.

    Links grow with the drive, so the peak is the link of a quantile of the drive; it and the mean rate come
    from a histogram of the drive, finer than a hundredth of its standard deviation.
    """
    drive, share = _histogram(model, train)
    above = np.cumsum(share[:, ::-1], axis=1)[:, ::-1]
    peak = np.take_along_axis(drive, np.maximum((above > PEAK_SHARE).sum(axis=1) - 1, 0)[:, None], axis=1)
    function = model.population.rates.function

    def reached(gain: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):  # a link that overflows is beyond any range
            mean = np.einsum("nb,nb->n", function(gain[:, None] * drive), share)
            return function(gain[:, None] * peak)[:, 0] / np.maximum(mean, np.finfo(float).tiny)

    over_gains = np.array([reached(np.full(len(drive), gain)) for gain in _GAINS])
    enough = over_gains >= dynamic_range
    if not enough.any(axis=0).all():
        raise UsageError(
            f"observation.rates.dynamic_range: a peak of {dynamic_range:g} times the mean cannot be realised"
            f" by link {model.population.rates.kind} with these latents: some neuron reaches"
            f" {over_gains.max(axis=0).min():.3g} at most; lower it, or take another link"
        )
    first = enough.argmax(axis=0)
    low, high = np.where(first > 0, _GAINS[np.maximum(first - 1, 0)], 0.0), _GAINS[first]
    for _ in range(40):
        middle = (low + high) / 2
        over = reached(middle) >= dynamic_range
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    return high


def _histogram(model: RateModel, train: TrainBlocks) -> tuple[np.ndarray, np.ndarray]:
    """Give the standardised drives (neuron, bin) and how often they occur, pooled if the link says so."""
    lowest, highest = np.inf, -np.inf
    for latents, valid in train():
        drive = model.standardised(latents[valid])
        lowest, highest = np.minimum(lowest, drive.min(axis=0)), np.maximum(highest, drive.max(axis=0))
    low, high = np.asarray(lowest, np.float64), np.asarray(highest, np.float64)
    if model.population.rates.across == "population":
        low, high = np.full_like(low, low.min()), np.full_like(high, high.max())
    width = np.maximum(high - low, 1e-6) / _HISTOGRAM_BINS
    counts = np.zeros((len(width), _HISTOGRAM_BINS))
    offset = np.arange(len(width)) * _HISTOGRAM_BINS
    for latents, valid in train():
        places = ((model.standardised(latents[valid]) - low) / width).astype(np.int64)
        places = np.minimum(places, _HISTOGRAM_BINS - 1) + offset
        counts += np.bincount(places.ravel(), minlength=counts.size).reshape(counts.shape)
    if model.population.rates.across == "population":
        counts = np.broadcast_to(counts.sum(axis=0), counts.shape)
    centres = low[:, None] + width[:, None] * (np.arange(_HISTOGRAM_BINS) + 0.5)
    return centres, counts / counts.sum(axis=1, keepdims=True)


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
