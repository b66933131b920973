"""Unknown inputs, proposed where a first look found them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdspec.dynamics.particle_smoother import InputSampler

_NEAR_BINS = 2
"""How many bins a first look may be off."""

_BANDWIDTH = 0.75
"""Width of the kernels, in standard deviations of the inputs: rare events stand out by more than that."""


@dataclass(frozen=True)
class InputBank:
    """Draws from the law of inputs that are independent from bin to bin.

    Attributes
    ----------
    draws : (draw, time, input) float32
        What the inputs of each bin may be, all equally likely: inputs of that many trials.
    """

    draws: np.ndarray

    def blind(self) -> InputSampler:
        """Draw the inputs of each bin from the bank, whatever was observed."""

        def sample(
            t: int, previous: np.ndarray, rng: np.random.Generator
        ) -> tuple[np.ndarray, np.ndarray | float]:
            return self.draws[rng.integers(len(self.draws), size=previous.shape[:2]), t], 0.0

        return sample

    def guided(self, found: np.ndarray, blind_share: float) -> InputSampler:
        """Draw inputs more often that resemble those found, and weigh them down for it.

        Rare inputs, such as pulses, are proposed by few particles just when they happen; all others are then
        lost. After a first look at the trial they can be proposed where they seem to be. The weights are
        exact, so a first look that is wrong costs particles and nothing else (an adapted proposal: Liu & Chen
        1998; adapted by an earlier run: Cornebise, Moulines & Olsson 2008).

        Parameters
        ----------
        found : (trial, time, sample, input)
            Draws from a rough posterior of the inputs of each bin: `Posterior.input_samples`.
        blind_share : float
            Share of the draws that ignores what was found, above 0.
        """
        n = len(self.draws)

        def sample(
            t: int, previous: np.ndarray, rng: np.random.Generator
        ) -> tuple[np.ndarray, np.ndarray | float]:
            near = found[:, max(0, t - _NEAR_BINS) : t + _NEAR_BINS + 1]
            odds = _odds(self.draws[:, t], near.reshape(len(found), -1, found.shape[3]))
            share = blind_share / n + (1 - blind_share) * odds / odds.sum(axis=1, keepdims=True)
            chosen = np.empty(previous.shape[:2], np.int64)
            for trial, edges in enumerate(np.cumsum(share, axis=1)):
                chosen[trial] = np.searchsorted(edges, rng.random(previous.shape[1]) * edges[-1])
            chosen = np.minimum(chosen, n - 1)
            return self.draws[chosen, t], -np.log(n * np.take_along_axis(share, chosen, axis=1))

        return sample


def _odds(bank: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Give the ratio (trial, draw) of the density of what was found to that of the bank, at its draws.

    Both are kernel estimates with the same kernels. `bank` is (draw, input), `found` (trial, sample, input).
    """
    scale = _BANDWIDTH * np.maximum(bank.std(axis=0), 1e-6)
    points, others = bank / scale, found / scale
    own = _kernels(points, points[None])[0]
    return _kernels(points, others) / own


def _kernels(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Sum Gaussian kernels around centres (trial, centre, input) at points (point, input): (trial, point)."""
    summed = np.empty((len(centres), len(points)))
    for trial, own in enumerate(centres):
        distance = np.square(points).sum(axis=1)[:, None] + np.square(own).sum(axis=1) - 2 * points @ own.T
        summed[trial] = np.exp(-0.5 * distance).sum(axis=1)
    return summed
