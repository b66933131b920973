"""Factor analysis of smoothed spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, PositiveFloat

from ctdspec import scratch
from ctdspec.methods.baseline import Baseline
from ctdspec.methods.kernel import smoothed_hz
from ctdspec.methods.readout import Readout, answered, held_out_bits
from ctdspec.methods.selection import best, ensure_at_most, fewest, for_selection
from ctdspec.seeds import stream
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import Answer, Scalar, SplitAnswer

# Convergence: gain of an iteration in log-likelihood, in nats per bin.
_TOLERANCE = 1e-7
_MAX_ITERATIONS = 10_000


@dataclass(frozen=True)
class Factors:
    """The linear map from activity to the posterior mean of the factors.

    Attributes
    ----------
    mean : (neuron,)
        Mean activity.
    projection : (neuron, factor)
        ``factors = (activity - mean) @ projection``.
    """

    mean: np.ndarray
    projection: np.ndarray

    def __call__(self, activity: np.ndarray) -> np.ndarray:
        """Give the factors (trial, time, factor) float32 of activity (trial, time, neuron)."""
        projection, at_mean = (
            array.astype(np.float32) for array in (self.projection, self.mean @ self.projection)
        )
        return scratch.by_pieces(
            lambda activity: activity @ projection - at_mean, activity, n_columns=len(at_mean)
        )


def fit_factors(mean: np.ndarray, covariance: np.ndarray, n_factors: int) -> Factors:
    """Fit factor analysis (maximum likelihood) to data of which only mean and covariance are known.

    The likelihood depends on the data through these two alone. So a handful of rows that have exactly this
    mean and covariance stand for all bins, and the fit is exact.

    Parameters
    ----------
    mean : (neuron,)
    covariance : (neuron, neuron)
    n_factors : int
    """
    from sklearn.decomposition import FactorAnalysis

    values, axes = np.linalg.eigh(covariance)
    root = np.sqrt(np.maximum(values, 0) * len(mean))[:, None] * axes.T
    rows = np.concatenate([root, -root])
    tolerance = _TOLERANCE * len(rows)
    model = FactorAnalysis(n_factors, svd_method="lapack", tol=tolerance, max_iter=_MAX_ITERATIONS).fit(rows)
    return Factors(mean, model.transform(np.eye(len(mean))))


class FactorAnalysis(Baseline):
    """Factor analysis of the square roots of smoothed rates, with a Poisson readout to all neurons.

    The square root makes the noise of Poisson counts alike for all rates, as factor analysis supposes (Yu et
    al. 2009). States are the posterior means of the factors.
    """

    kind: Literal["factor_analysis"]
    widths_s: list[PositiveFloat] = Field(min_length=1, max_length=32)
    """Standard deviations of the Gaussian that smooths the spikes, to choose from, in seconds."""
    n_factors: list[Annotated[int, Field(ge=1, le=4096)]] = Field(min_length=1, max_length=32)
    """Numbers of factors to choose from; at most the number of held-in neurons."""
    enough: float = Field(gt=0, le=1)
    """Fewer factors are preferred if they give at least this share of the best bits per spike: spare factors
    follow single neurons, whose own spikes then predict themselves."""
    readout: Readout
    """How the rates of all neurons are read from the factors."""

    def chosen(self, recording: Recording, seed: int) -> Answer:
        """Choose width and number of factors, then the ridge, by held-out neurons on validation trials."""
        valid = recording.splits["train"].valid
        bins = self.readout.draw_bins(valid, stream(seed, f"methods/{self.name}/bins"))
        selection = for_selection(recording)
        ensure_at_most(self.name, "n_factors", self.n_factors, int(selection.held_in.sum()))
        by_width = [
            [bits[0] for bits in _bits(selection, width_s, self.n_factors, bins, self.readout.ridges[:1])]
            for width_s in self.widths_s
        ]
        width = best([max(by_factors) for by_factors in by_width])
        width_s, n_factors = self.widths_s[width], fewest(self.n_factors, by_width[width], self.enough)
        by_ridge = _bits(selection, width_s, [n_factors], bins, self.readout.ridges)[0]
        ridge = self.readout.ridges[best(by_ridge)]

        splits = _answer(recording, width_s, n_factors, bins, ridge)
        parameters: dict[str, Scalar | list[Scalar]] = {
            "width_s": width_s,
            "n_factors": n_factors,
            "ridge": ridge,
            "val_co_bps": max(by_ridge),
            "val_co_bps_by_width": [max(by_factors) for by_factors in by_width],
            "val_co_bps_by_n_factors": list(by_width[width]),
            "val_co_bps_by_ridge": list(by_ridge),
        }
        return Answer(self.name, recording.dataset, splits, parameters=parameters)


def factors_of(recording: Recording, width_s: float, n_factors: int) -> np.ndarray:
    """Give the factors (trial, time, factor) float32 of the train trials, from their held-in neurons."""
    activity = _activity(recording, "train", width_s)
    return fit_factors(*_moments(activity, recording.splits["train"].valid), n_factors)(activity)


def _activity(recording: Recording, split: str, width_s: float) -> np.ndarray:
    """Give the square roots of smoothed rates in Hz, (trial, time, held-in neuron)."""
    rates_hz = smoothed_hz(recording, split, width_s)
    return np.sqrt(rates_hz, out=rates_hz)


def _moments(activity: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give mean and covariance over the valid bins, in float64, trial by trial."""
    n, n_neurons = valid.sum(), activity.shape[2]
    total, products = np.zeros(n_neurons), np.zeros((n_neurons, n_neurons))
    for trial, inside in zip(activity, valid, strict=True):
        rows = trial[inside].astype(float)
        total += rows.sum(axis=0)
        products += rows.T @ rows
    mean = total / n
    return mean, products / n - np.outer(mean, mean)


def _bits(
    recording: Recording,
    width_s: float,
    n_factors: list[int],
    bins: tuple[np.ndarray, np.ndarray],
    ridges: list[float],
) -> list[list[float]]:
    """Give the bits per spike of held-out neurons, for each number of factors and each ridge."""
    train, val = (_activity(recording, split, width_s) for split in ("train", "val"))
    moments = _moments(train, recording.splits["train"].valid)
    fits = [fit_factors(*moments, n) for n in n_factors]
    return [held_out_bits(factors(train), factors(val), recording, bins, ridges) for factors in fits]


def _answer(
    recording: Recording,
    width_s: float,
    n_factors: int,
    bins: tuple[np.ndarray, np.ndarray],
    ridge: float,
) -> dict[str, SplitAnswer]:
    """Give rates and factors of every split, with the settings chosen."""
    activity = _activity(recording, "train", width_s)
    factors = fit_factors(*_moments(activity, recording.splits["train"].valid), n_factors)
    states = {"train": factors(activity)}
    states |= {split: factors(_activity(recording, split, width_s)) for split in ("val", "test")}
    return answered(recording, states, bins, ridge)
