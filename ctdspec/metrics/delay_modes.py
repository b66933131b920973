"""The linear law of a system's delay embedding, from lag covariances alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.errors import UsageError

_EPS = float(np.finfo(float).eps)
_ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class DelayModes:
    """Second moments of the leading temporal modes of a delay embedding.

    A window is the vector of `n_delays` successive states. The temporal modes v are the left singular vectors
    of the matrix of all windows: the windows, rotated to principal axes and scaled to unit sum of squares.

    Attributes
    ----------
    singular_values : (mode,) float64
        Of the matrix of all windows, decreasing. Modes that rounding cannot tell from nothing are left out.
    before : (mode, mode) float64
        Sum of v(t) v(t)ᵀ over the windows that have a successor.
    steps : (mode, mode) float64
        Sum of v(t) v(t + 1)ᵀ over the same windows.
    """

    singular_values: np.ndarray
    before: np.ndarray
    steps: np.ndarray

    @property
    def rank(self) -> int:
        """How many modes there are."""
        return len(self.singular_values)

    def propagator(self, rank: int) -> np.ndarray:
        """Give the (rank, rank) matrix A of the least squares fit v(t + 1) = A v(t) of the leading modes.

        This is the reduced-rank dynamic mode decomposition of delay embeddings (HAVOK: Brunton et al. 2017)
        that dynamical similarity analysis compares (Ostrow et al. 2023, section 2).
        """
        return np.linalg.solve(self.before[:rank, :rank], self.steps[:rank, :rank]).T


def delay_modes(states: np.ndarray, valid: np.ndarray, n_delays: int, rank: int) -> DelayModes:
    """Give the leading temporal modes of the delay embedding of states (trial, time, latent).

    The embedding itself is never built: sums over its rows are sums of lagged products of states, and sums
    over neighbouring windows differ by their first and last bins. States are taken as they are: centre them
    before if their mean is not part of the dynamics.

    Parameters
    ----------
    states : (trial, time, latent)
    valid : (trial, time) bool
        A trial is valid from its first bin to its last valid one. Trials shorter than ``n_delays + 1`` bins
        do not count.
    n_delays : int
        States in a window.
    rank : int
        Modes that are wanted; fewer come back where the states do not have as many.

    Raises
    ------
    UsageError
        If a trial has a gap, or if no trial is long enough.
    """
    from scipy.linalg import eigh

    kept, lengths = _long_enough(states, valid, n_delays + 1)
    products = _window_products(kept, lengths, n_delays + 1)
    n_columns = n_delays * states.shape[2]
    before, steps = products[:n_columns, :n_columns], products[:n_columns, states.shape[2] :]
    last = kept[np.arange(len(kept))[:, None], lengths[:, None] - n_delays + np.arange(n_delays)]
    last = last.reshape(len(kept), n_columns)

    rank = min(rank, n_columns)
    values, axes = eigh(before + last.T @ last, subset_by_index=(n_columns - rank, n_columns - 1))
    values, axes = values[::-1], axes[:, ::-1]
    resolved = values > n_columns * _EPS * values[0]
    scaled = axes[:, resolved] / np.sqrt(values[resolved])
    return DelayModes(np.sqrt(values[resolved]), scaled.T @ before @ scaled, scaled.T @ steps @ scaled)


def _long_enough(states: np.ndarray, valid: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the trials of at least `width` bins as float64, zero after their end, and their lengths."""
    lengths = valid.sum(axis=1)
    if not np.array_equal(valid, np.arange(valid.shape[1]) < lengths[:, None]):
        raise UsageError(
            "valid: a trial has an invalid bin before a valid one; delay embeddings need trials without gaps"
        )
    long_enough = lengths >= width
    if not long_enough.any():
        raise UsageError(
            f"n_delays: {width - 1} delays need trials of at least {width} bins, the longest has "
            f"{lengths.max(initial=0)}; use fewer delays"
        )
    kept = np.where(valid[long_enough, :, None], states[long_enough], 0).astype(float)
    return kept, lengths[long_enough]


def _window_products(states: np.ndarray, lengths: np.ndarray, width: int) -> np.ndarray:
    """Sum w wᵀ over all windows w of `width` bins: (width × latent, width × latent).

    Only the first row of blocks is a sum over all bins. The sum at (i + 1, j + 1) is that at (i, j) with the
    last windows' products in place of the first ones'.
    """
    n_trials, _, n_latents = states.shape
    n_windows = lengths - width + 1
    heads = states[:, : width - 1].reshape(n_trials, -1)
    tails = states[np.arange(n_trials)[:, None], n_windows[:, None] + np.arange(width - 1)]
    tails = tails.reshape(n_trials, -1)
    change = (tails.T @ tails - heads.T @ heads).reshape(width - 1, n_latents, width - 1, n_latents)

    products = np.empty((width, n_latents, width, n_latents))
    products[0] = _lagged_products(states, n_windows, width)
    for i in range(width - 1):
        products[i + 1, :, i + 1 :] = products[i, :, i:-1] + change[i, :, i:]
        products[i + 1 :, :, i] = products[i, :, i + 1 :].transpose(1, 2, 0)
    return products.reshape(width * n_latents, width * n_latents)


def _lagged_products(states: np.ndarray, n_windows: np.ndarray, width: int) -> np.ndarray:
    """Sum x(t) x(t + lag)ᵀ over the first bins t of all windows: (latent, lag, latent), lag below `width`."""
    n_trials, n_bins, n_latents = states.shape
    starts = np.where((np.arange(n_bins) < n_windows[:, None])[:, :, None], states, 0)
    # A window never crosses into the next trial, so one shift of the flat series serves all trials.
    n_rows = n_trials * n_bins - width + 1
    first = starts.reshape(-1, n_latents)[:n_rows]
    windows = np.lib.stride_tricks.sliding_window_view(states.reshape(-1), width * n_latents)[::n_latents]
    total = np.zeros((n_latents, width * n_latents))
    for row in range(0, n_rows, _ROWS_AT_ONCE):
        block = slice(row, row + _ROWS_AT_ONCE)
        total += first[block].T @ np.ascontiguousarray(windows[block])
    return total.reshape(n_latents, width, n_latents)
