"""Gaussian smoothing of spike counts along time."""

from __future__ import annotations

import numpy as np

from ctdspec import scratch
from ctdspec.store.recording import Recording

_LEAST_WEIGHT = 1e-3


def smooth(counts: np.ndarray, valid: np.ndarray, width_bins: float) -> np.ndarray:
    """Give the smoothed counts per bin, (trial, time, neuron) float32.

    Trials never mix. At its ends a trial is continued by its mirror image, so that smoothing changes neither
    the number of spikes of a trial nor a constant rate. Where a trial has invalid bins, the kernel is
    normalised to the valid ones; bins farther from them than the kernel reaches are 0.

    Parameters
    ----------
    counts : (trial, time, neuron)
        Spikes per bin.
    valid : (trial, time) bool
    width_bins : float
        Standard deviation of the kernel in bins.
    """
    from scipy.ndimage import gaussian_filter1d

    has_padding = not valid.all()

    def piece(counts: np.ndarray, valid: np.ndarray) -> np.ndarray:
        counted = np.where(valid[:, :, None], counts, np.uint8(0)).astype(np.float32)
        smoothed = gaussian_filter1d(counted, width_bins, axis=1, mode="reflect")
        if not has_padding:
            return smoothed
        weight = gaussian_filter1d(valid.astype(np.float32), width_bins, axis=1, mode="reflect")[:, :, None]
        inside = np.broadcast_to(weight > _LEAST_WEIGHT, smoothed.shape)
        return np.divide(smoothed, weight, out=np.zeros_like(smoothed), where=inside)

    return scratch.by_pieces(piece, counts, valid, n_columns=counts.shape[2])


def smoothed_hz(recording: Recording, split: str, width_s: float) -> np.ndarray:
    """Give the smoothed rates in Hz, (trial, time, held-in neuron) float32, of the trials of a split.

    In trials in which a neuron was lost, it has its mean rate of the train trials.
    """
    smoothed = smooth(
        recording.held_in_spikes(split), recording.splits[split].valid, width_s / recording.bin_s
    )
    smoothed /= np.float32(recording.bin_s)
    if recording.splits[split].seen.shape[2] == 1:
        return smoothed
    mean_hz, seen = _mean_hz(recording).astype(np.float32), recording.held_in_seen(split)
    return scratch.by_pieces(
        lambda rates_hz, seen: np.where(seen, rates_hz, mean_hz), smoothed, seen, n_columns=len(mean_hz)
    )


def _mean_hz(recording: Recording) -> np.ndarray:
    """Give the mean rates (held-in neuron,) over the train bins in which each neuron was recorded."""
    seen, counts = recording.held_in_seen("train"), recording.held_in_spikes("train")
    spikes = np.zeros(counts.shape[2])
    for piece in scratch.pieces(counts):
        spikes += np.where(seen[piece], counts[piece], 0).sum(axis=(0, 1), dtype=float)
    return spikes / np.maximum(seen.sum(axis=(0, 1)), 1) / recording.bin_s


def leave_bin_out(counts: np.ndarray, valid: np.ndarray, width_bins: float) -> np.ndarray:
    """Give what `smooth` makes of the other bins of each trial: every bin predicted without its own count.

    The weight of a bin in its own smoothed count is taken out, and the others are scaled up to one in all.
    A kernel so narrow that it holds a single bin predicts 0.
    """
    n_bins = counts.shape[1]
    everywhere, at = np.ones_like(valid), np.arange(n_bins)
    impulses = np.eye(n_bins, dtype=np.float32)[None]  # each bin as a neuron that fires there once
    own = smooth(impulses, everywhere[:1], width_bins)[0, at, at]
    all_weight = np.maximum(smooth(valid[..., None], everywhere, width_bins)[..., 0], _LEAST_WEIGHT)
    share = np.minimum(own / all_weight, 1 - _LEAST_WEIGHT)[..., None]
    return scratch.by_pieces(
        lambda smoothed, counts, share: np.maximum((smoothed - share * counts) / (1 - share), 0),
        smooth(counts, valid, width_bins),
        counts,
        share,
        n_columns=counts.shape[2],
    )
