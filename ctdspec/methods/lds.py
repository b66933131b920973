"""Linear dynamical systems by expectation maximisation."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any, Literal, final

import numpy as np
from pydantic import Field

from ctdspec.dynamics.kalman import Posterior, StateSpace, smooth
from ctdspec.errors import MethodError
from ctdspec.methods.student import Law, Series, Student
from ctdspec.submissions.answer import Scalar

if TYPE_CHECKING:
    from ctdspec.dynamics.dynamics import Array

_LEAST_NOISE = 1e-6


class Lds(Student):
    """A linear Gaussian state space, by exact expectation maximisation (Shumway & Stoffer 1982).

    Known inputs drive the states. States are posterior means given whole trials.
    """

    kind: Literal["lds"]
    latents: int = Field(ge=1, le=200)
    """Dimension of the states; no more than the neurons."""
    iterations: int = Field(ge=1, le=10_000)
    """Rounds of expectation and maximisation."""

    def law(self, train: Series, seed: int) -> Law:
        """Start from the principal components and go up the likelihood."""
        if self.latents > train.activity.shape[2]:
            raise MethodError(
                f"data model {self.name!r}: found {self.latents} latents, but it starts from components"
                f" of {train.activity.shape[2]} neurons; take fewer latents"
            )
        groups = by_length(train)
        model, course = from_components(train, self.latents), list[Scalar]()
        for _ in range(self.iterations):
            posteriors = [smooth(model, part.activity, part.inputs) for part in groups]
            course.append(float(sum(found.log_likelihood.sum() for found in posteriors)))
            model = maximised(model, groups, posteriors)
        return StateSpaceLaw(model, course)


@final
@dataclass(frozen=True)
class StateSpaceLaw(Law):
    """The mean of the next states.

    Attributes
    ----------
    model : StateSpace
    course : list of float
        Log-likelihood of the train trials before each round, in nats.
    """

    model: StateSpace
    course: list[Scalar]

    @property
    def n_latents(self) -> int:
        """The states."""
        return len(self.model.step)

    @property
    def parameters(self) -> dict[str, Scalar | list[Scalar]]:
        """How the likelihood rose."""
        return {"train_log_likelihood": self.course}

    def step(self, states: Array, inputs: Array) -> Array:
        """Advance by one bin."""
        moved = states @ self.model.step.T
        return moved + inputs @ self.model.gains.T if self.model.gains.shape[1] else moved

    def states(self, series: Series) -> np.ndarray:
        """Give posterior means; 0 in bins that belong to no trial."""
        states = np.zeros((*series.valid.shape, self.n_latents))
        lengths = series.valid.sum(axis=1)
        for part in by_length(series):
            n_bins = part.valid.shape[1]
            states[lengths == n_bins, :n_bins] = smooth(self.model, part.activity, part.inputs).means
        return states


def by_length(series: Series) -> list[Series]:
    """Give the trials in groups of equal length, without the bins that belong to none.

    Raises
    ------
    MethodError
        If the bins of a trial are not its first.
    """
    lengths = series.valid.sum(axis=1)
    if not np.array_equal(series.valid, np.arange(series.valid.shape[1]) < lengths[:, None]):
        raise MethodError("a state space needs trials without gaps")
    groups = []
    for n_bins in np.unique(lengths[lengths > 0]):
        own = (lengths == n_bins, slice(0, n_bins))
        activity, inputs = _of(series.activity, *own), _of(series.inputs, *own)
        groups.append(Series(activity, inputs, _of(series.valid, *own), series.bin_s))
    return groups


def _of(array: np.ndarray, trials: np.ndarray, bins: slice) -> np.ndarray:
    return array[trials][:, bins]


def from_components(train: Series, n_latents: int) -> StateSpace:
    """Give a first guess: principal components that move by the regression of each bin on the last."""
    rows = train.activity[train.valid]
    axes = np.linalg.eigh(rows.T @ rows / len(rows))[1][:, ::-1][:, :n_latents]
    before, after, inputs = train.transitions
    regressors = np.concatenate([before @ axes, inputs], axis=1)
    found = np.linalg.lstsq(regressors, after @ axes, rcond=None)[0].T
    error = after @ axes - regressors @ found.T
    noise = error.T @ error / len(error)
    variance = rows.var(axis=0)
    left = np.maximum(((rows - rows @ axes @ axes.T) ** 2).mean(axis=0), 0.1 * variance)
    spread = np.cov((rows @ axes).T).reshape(n_latents, n_latents)
    return StateSpace(
        step=found[:, :n_latents],
        gains=found[:, n_latents:],
        noise=_positive(noise),
        emission=axes,
        emission_noise=left,
        first_mean=np.zeros(n_latents),
        first_covariance=_positive(spread),
    )


def maximised(model: StateSpace, groups: list[Series], posteriors: list[Posterior]) -> StateSpace:
    """Give the parameters that are most likely given what is known of the states."""
    sums = [Sums.of(part, found) for part, found in zip(groups, posteriors, strict=True)]
    total = Sums(*(sum(column) for column in zip(*(astuple(part) for part in sums), strict=True)))
    n, mean = len(model.step), total.first / total.n_trials
    moved = np.linalg.solve(total.gram, total.cross.T).T
    emission = np.linalg.solve(total.every, total.seen.T).T
    left = (total.squares - np.sum(emission * total.seen, axis=1)) / total.n_bins
    return StateSpace(
        step=moved[:, :n],
        gains=moved[:, n:],
        noise=_positive((total.after - moved @ total.cross.T) / total.n_moves),
        emission=emission,
        emission_noise=np.maximum(left, _LEAST_NOISE * total.squares / total.n_bins),
        first_mean=mean,
        first_covariance=_positive(total.second / total.n_trials - np.outer(mean, mean)),
    )


@dataclass(frozen=True)
class Sums:
    """Expected sums over the bins of some trials; x are states, u inputs, y activity.

    Attributes
    ----------
    gram, cross : (latent + input,) ², (latent, latent + input)
        Of [x(t − 1), u(t)] with itself, and of x(t) with it.
    after, every : (latent, latent)
        Of x with itself, without the first bin and with it.
    seen : (neuron, latent)
        Of y with x.
    squares : (neuron,)
        Of y².
    first, second : (latent,), (latent, latent)
        Of x in the first bin, and of its square.
    n_moves, n_bins, n_trials : float
    """

    gram: Any
    cross: Any
    after: Any
    every: Any
    seen: Any
    squares: Any
    first: Any
    second: Any
    n_moves: Any
    n_bins: Any
    n_trials: Any

    @classmethod
    def of(cls, part: Series, found: Posterior) -> Sums:
        """Sum over trials of one length."""
        means, n_trials, n = found.means, len(found.means), found.means.shape[2]
        spread = n_trials * found.covariances
        before = np.concatenate([means[:, :-1], part.inputs[:, 1:]], axis=2)
        gram, cross = _products(before, before), _products(means[:, 1:], before)
        gram[:n, :n] += spread[:-1].sum(axis=0)
        cross[:, :n] += n_trials * found.neighbours.sum(axis=0)
        after = _products(means[:, 1:], means[:, 1:]) + spread[1:].sum(axis=0)
        first = _products(means[:, :1], means[:, :1]) + spread[0]
        return cls(
            gram, cross, after, after + first, _products(part.activity, means),
            (part.activity**2).sum(axis=(0, 1)), means[:, 0].sum(axis=0), first,
            float(means[:, 1:, 0].size), float(means[..., 0].size), float(n_trials),
        )  # fmt: skip


def _products(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.tensordot(first, second, axes=([0, 1], [0, 1]))


def _positive(covariance: np.ndarray) -> np.ndarray:
    """Give a covariance that rounding has not made singular."""
    covariance = (covariance + covariance.T) / 2
    return covariance + 1e-10 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
