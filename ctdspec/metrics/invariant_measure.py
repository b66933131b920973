"""Whether a model that runs freely for long visits the states, and has the rhythms, of the true system."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.errors import UsageError
from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.halves import split_half

BOX_MARGIN_SD = 0.1
LAPLACE = 1e-5
MAX_BINNED_LATENTS = 5
"""Above this many dimensions there are more cells than states."""

_PAIRS_AT_ONCE = 10**6


@dataclass(frozen=True)
class LongRunDistance:
    """A distance of long runs, and the distance that the truth has to itself.

    Both are means over the same random splits into halves, because such distances shrink as runs grow: a
    half of the true trials is compared with the other half of the model's, and of the truth's, trials.

    Attributes
    ----------
    value : Estimate
        From the truth to the model.
    floor : Estimate
        From the truth to itself; a perfect model reaches this and not zero.
    """

    value: Estimate
    floor: Estimate


@dataclass(frozen=True)
class LongRunSettings:
    """What the distances of long runs depend on.

    Attributes
    ----------
    n_bins : int
        Bins per dimension of the histogram of states; 30 in the literature.
    kernel_sd : float
        Standard deviation of the kernels that replace the histogram above five dimensions, in standard
        deviations of the true states (the root of their mean variance).
    n_samples : int
        States that the divergence of kernel densities is averaged over; 1000 in the literature.
    smoothing : float
        Standard deviation of the Gaussian that smooths power spectra, in frequency bins; 20 in the
        literature, for series of 10⁴ to 10⁵ bins.
    n_splits : int
        Random splits into halves.
    """

    n_bins: int
    kernel_sd: float
    n_samples: int
    smoothing: float
    n_splits: int


def long_run_distances(
    latents: np.ndarray, modelled: np.ndarray, settings: LongRunSettings, rng: np.random.Generator
) -> dict[str, LongRunDistance]:
    """Compare long runs of the true system and of a model, without inputs.

    The first is blind to the order of time, the second to its direction and to everything but the rhythm of
    each dimension: read them together.

    Parameters
    ----------
    latents, modelled : (trial, time, latent)
        Of equal shape, the model's states mapped to the latents. Cut one long run into trials.
    settings : LongRunSettings
    rng : numpy.random.Generator
        Draws the splits and the samples.

    Returns
    -------
    ``state_divergence``: Kullback–Leibler divergence of the visited states, in nats, from 0.
    ``spectral_hellinger``: Hellinger distance of the power spectra, from 0 to 1.
    """
    if latents.shape != modelled.shape:
        raise UsageError(
            f"long runs: the truth has the shape {latents.shape}, the model {modelled.shape}; "
            "run the model for as many trials and bins as the truth has"
        )

    def distances(first: np.ndarray, second: np.ndarray) -> tuple[float, ...]:
        other = modelled[second], latents[second]
        states = (_state_divergence(latents[first], made, settings, rng) for made in other)
        spectra = (spectral_hellinger(latents[first], made, settings.smoothing) for made in other)
        return *states, *spectra

    found = split_half(distances, len(latents), settings.n_splits, rng)
    return {
        "state_divergence": LongRunDistance(found[0], found[1]),
        "spectral_hellinger": LongRunDistance(found[2], found[3]),
    }


def _state_divergence(
    latents: np.ndarray, modelled: np.ndarray, settings: LongRunSettings, rng: np.random.Generator
) -> float:
    points, others = (states.reshape(-1, states.shape[2]).astype(float) for states in (latents, modelled))
    if points.shape[1] <= MAX_BINNED_LATENTS:
        return binned_divergence(points, others, settings.n_bins)
    sd = settings.kernel_sd * float(np.sqrt(points.var(axis=0).mean()))
    return kernel_divergence(points, others, sd, settings.n_samples, rng)


def binned_divergence(points: np.ndarray, others: np.ndarray, n_bins: int) -> float:
    """Give the Kullback–Leibler divergence of two clouds (point, latent), by histograms, in nats.

    This is D_stsp (Koppe et al. 2019; Brenner et al. 2022, appendix): the box is that of the first cloud and
    a tenth of a standard deviation beyond, and every cell has `LAPLACE` points more than were counted. What
    lies outside the box is counted as one cell more, so that states that run away are seen.
    """
    margin = BOX_MARGIN_SD * points.std(axis=0)
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    cells, counts = np.unique(
        np.concatenate([_cells(cloud, low, high, n_bins) for cloud in (points, others)]), return_inverse=True
    )
    n_cells = n_bins ** points.shape[1] + 1
    visits = [np.bincount(part, minlength=len(cells)) + LAPLACE for part in np.split(counts, [len(points)])]
    p, q = (
        visit / (len(cloud) + LAPLACE * n_cells)
        for visit, cloud in zip(visits, (points, others), strict=True)
    )
    empty_p, empty_q = (LAPLACE / (len(cloud) + LAPLACE * n_cells) for cloud in (points, others))
    empty = (n_cells - len(cells)) * empty_p * np.log(empty_p / empty_q)
    return float(p @ np.log(p / q) + empty)


def _cells(points: np.ndarray, low: np.ndarray, high: np.ndarray, n_bins: int) -> np.ndarray:
    """Give the number of each point's cell; points outside the box share the last."""
    width = np.where(high > low, high - low, 1)
    with np.errstate(invalid="ignore"):
        inside = ((points >= low) & (points <= high)).all(axis=1)
    cells = np.full(len(points), n_bins ** points.shape[1])
    index = np.minimum(((points[inside] - low) / width * n_bins).astype(int), n_bins - 1)
    cells[inside] = np.ravel_multi_index(tuple(index.T), (n_bins,) * points.shape[1])
    return cells


def kernel_divergence(
    points: np.ndarray, others: np.ndarray, sd: float, n_samples: int, rng: np.random.Generator
) -> float:
    """Give the Kullback–Leibler divergence of two clouds (point, latent) blurred by kernels, in nats.

    Both clouds become mixtures of normal distributions of standard deviation `sd` around their points; the
    mean of log p / q is taken over draws from the first (Brenner et al. 2022, appendix). Infinite if no point
    of the second cloud is finite.
    """
    others = others[np.isfinite(others).all(axis=1)]
    if not len(others):
        return float("inf")
    centres = points[rng.integers(len(points), size=n_samples)]
    samples = centres + sd * rng.standard_normal(centres.shape)
    densities = (_log_density(samples, cloud, sd) for cloud in (points, others))
    log_p, log_q = densities
    return float(np.mean(log_p - log_q))


def _log_density(samples: np.ndarray, centres: np.ndarray, sd: float) -> np.ndarray:
    """Give the log density of samples (sample, latent), up to what all mixtures of one `sd` share."""
    from scipy.spatial.distance import cdist
    from scipy.special import logsumexp

    at_once = max(1, _PAIRS_AT_ONCE // len(centres))
    blocks = [
        logsumexp(-cdist(samples[start : start + at_once], centres, "sqeuclidean") / (2 * sd**2), axis=1)
        for start in range(0, len(samples), at_once)
    ]
    return np.concatenate(blocks) - np.log(len(centres))


def spectral_hellinger(latents: np.ndarray, modelled: np.ndarray, smoothing: float) -> float:
    """Give the Hellinger distance of power spectra (Mikhaeil et al. 2022, appendix), mean over dimensions.

    Spectra are periodograms of centred dimensions, averaged over trials, smoothed, and of unit sum.

    Parameters
    ----------
    latents, modelled : (trial, time, latent)
    smoothing : float
        Standard deviation of the Gaussian, in frequency bins.

    Returns
    -------
    From 0 to 1; a dimension in which one of the two does not move counts as 1.
    """
    spectra = [_spectrum(states, smoothing) for states in (latents, modelled)]
    overlap = np.sum(np.sqrt(spectra[0] * spectra[1]), axis=0)
    return float(np.sqrt(np.maximum(1 - overlap, 0)).mean())


def _spectrum(states: np.ndarray, smoothing: float) -> np.ndarray:
    """Give the smoothed power spectrum of each dimension (frequency, latent); sum 1, or 0 without motion."""
    from scipy.ndimage import gaussian_filter1d

    centred = states - states.mean(axis=(0, 1), dtype=float)
    power = (np.abs(np.fft.rfft(centred, axis=1)) ** 2).mean(axis=0)
    power = gaussian_filter1d(power, smoothing, axis=0) if smoothing else power
    total = power.sum(axis=0)
    moves = np.isfinite(total) & (total > 0)
    return np.divide(power, total, out=np.zeros_like(power), where=moves)
