"""Gaussian-process factor analysis, by elephant."""

from __future__ import annotations

from contextlib import redirect_stdout
from dataclasses import dataclass
from os import devnull
from pathlib import Path
from typing import Annotated, Any, Literal
from warnings import catch_warnings, filterwarnings

import numpy as np
from pydantic import Field, PositiveFloat

from ctdspec.errors import MethodError
from ctdspec.methods.baseline import Baseline
from ctdspec.methods.extra import ensure_installed
from ctdspec.methods.readout import Readout, answered, held_out_bits
from ctdspec.methods.selection import best, ensure_active, ensure_at_most, fewest, for_selection
from ctdspec.seeds import stream
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import Answer, Scalar

SEGMENT_BINS = 20
"""Length of the pieces of trials that elephant fits to, in bins of its own."""


class Gpfa(Baseline):
    """Gaussian-process factor analysis (Yu et al. 2009) of square roots of counts, by elephant.

    The readout to the rates of all neurons is a Poisson regression. States are posterior means of the latents
    given the held-in neurons, made orthonormal as in the paper.
    """

    kind: Literal["gpfa"]
    joined_bins: int = Field(ge=1, le=1000)
    """Bins of the recording that are added up to one of the model; the latents are interpolated between."""
    n_latents: list[Annotated[int, Field(ge=1, le=256)]] = Field(min_length=1, max_length=32)
    """Numbers of latents to choose from; fewer than the held-in neurons."""
    enough: float = Field(gt=0, le=1)
    """Fewer latents are preferred if they give at least this share of the best bits per spike."""
    fit_trials: int = Field(ge=1, le=1_000_000)
    """Train trials, drawn at random, that the model is fitted to."""
    timescale_s: PositiveFloat
    """Standard deviation of the Gaussian kernel of each latent's covariance, in seconds, to start from."""
    max_iterations: int = Field(ge=1, le=100_000)
    """Iterations of EM at most."""
    tolerance: float = Field(gt=0)
    """EM ends when an iteration gains less than this share of what the log likelihood gained so far."""
    readout: Readout
    """How the rates of all neurons are read from the latents."""

    def chosen(self, recording: Recording, seed: int) -> Answer:
        """Choose the number of latents, then the ridge, by held-out neurons on validation trials.

        Raises
        ------
        MethodError
            If elephant is missing, no train trial is long enough for it, or too few neurons have spikes.
        """
        ensure_installed(("elephant",), "gpfa")
        valid = recording.splits["train"].valid
        bins = self.readout.draw_bins(valid, stream(seed, f"methods/{self.name}/bins"))
        trials = stream(seed, f"methods/{self.name}/trials").permutation(len(valid))[: self.fit_trials]
        selection, ridges = for_selection(recording), self.readout.ridges
        ensure_at_most(self.name, "n_latents", self.n_latents, int(selection.held_in.sum()) - 1)
        tried = {n: self._states(selection, n, trials, ("train", "val")) for n in self.n_latents}
        bits = [held_out_bits(s["train"], s["val"], selection, bins, ridges[:1])[0] for s in tried.values()]
        n_latents = fewest(self.n_latents, bits, self.enough)
        found = tried[n_latents]
        by_ridge = held_out_bits(found["train"], found["val"], selection, bins, ridges)
        ridge = ridges[best(by_ridge)]
        states = self._states(recording, n_latents, trials, tuple(recording.splits))
        parameters: dict[str, Scalar | list[Scalar]] = {
            "n_latents": n_latents,
            "ridge": ridge,
            "val_co_bps": max(by_ridge),
            "val_co_bps_by_n_latents": list(bits),
            "val_co_bps_by_ridge": list(by_ridge),
        }
        return Answer(
            self.name, recording.dataset, answered(recording, states, bins, ridge), parameters=parameters
        )

    def _states(
        self, recording: Recording, n_latents: int, trials: np.ndarray, splits: tuple[str, ...]
    ) -> dict[str, np.ndarray]:
        """Fit to some train trials, and give the latents (trial, time, latent) of some splits."""
        roots = {split: Roots.of(recording, split, self.joined_bins) for split in {"train", *splits}}
        some = [roots["train"].trials[trial] for trial in trials]
        active = np.concatenate(some, axis=1).var(axis=1) > 0
        ensure_active(int(active.sum()), n_latents)
        pieces = [piece for trial in some for piece in _pieces(trial[active])]
        if not pieces:
            raise MethodError(
                f"found no train trial of {SEGMENT_BINS} bins of {self.joined_bins}, which elephant fits to;"
                " join fewer bins, or take longer trials"
            )
        model = self._fit(pieces, n_latents, recording.bin_s * self.joined_bins)
        return {split: _latents(roots[split], active, model) for split in splits}

    def _fit(self, pieces: list[np.ndarray], n_latents: int, bin_s: float) -> dict[str, Any]:
        """Give elephant's parameters, fitted to pieces (neuron, time) of trials."""
        from elephant.gpfa import gpfa_core

        # It prints, and warns of each neuron whose noise it holds at a hundredth of the variance.
        with Path(devnull).open("w") as nowhere, redirect_stdout(nowhere), catch_warnings():
            filterwarnings("ignore", "Private variance floor", UserWarning)
            return gpfa_core.fit(
                _sequences(pieces),
                x_dim=n_latents,
                bin_width=bin_s,
                tau_init=self.timescale_s,
                em_tol=self.tolerance,
                em_max_iters=self.max_iterations,
            )[0]


@dataclass(frozen=True)
class Roots:
    """Square roots of the counts of held-in neurons in joined bins, as long as each trial is.

    Attributes
    ----------
    trials : list of (neuron, joined bin) float64
    valid : (trial, time) bool
        The bins of the recording that they are made of.
    joined_bins : int
    """

    trials: list[np.ndarray]
    valid: np.ndarray
    joined_bins: int

    @classmethod
    def of(cls, recording: Recording, split: str, joined_bins: int) -> Roots:
        """Join the bins of a split. Where a neuron was lost, it has its mean of the train trials."""
        valid, counts = recording.splits[split].valid, recording.held_in_spikes(split)
        trials = [_joined(trial[inside], joined_bins) for trial, inside in zip(counts, valid, strict=True)]
        if (seen := recording.held_in_seen(split)).shape[2] > 1:
            lost = np.logical_not(seen.any(axis=1))
            means = _mean_roots(recording, joined_bins)
            for number, trial in enumerate(trials):
                trial[lost[number]] = means[lost[number], None]
        return cls(trials, valid, joined_bins)

    def spread(self, latents: np.ndarray, trial: int) -> np.ndarray:
        """Give latents (time, latent) in the bins of the recording, of those (latent, joined bin) of a trial.

        Between the centres of joined bins they are interpolated; elsewhere they stay as they are.
        """
        inside = np.flatnonzero(self.valid[trial])
        centres = (np.arange(latents.shape[1]) + 0.5) * self.joined_bins - 0.5
        places = np.interp(np.arange(self.valid.shape[1]), inside, np.arange(len(inside)))
        return np.stack([np.interp(places, centres, latent) for latent in latents], axis=1)


def _joined(counts: np.ndarray, n_bins: int) -> np.ndarray:
    """Give the square roots (neuron, joined bin) of counts (time, neuron); the last bin is scaled up."""
    firsts = np.arange(0, len(counts), n_bins)
    sums = np.add.reduceat(counts.astype(float), firsts, axis=0)
    lengths = np.diff(firsts, append=len(counts))
    return np.sqrt(sums * (n_bins / lengths)[:, None]).T


def _mean_roots(recording: Recording, joined_bins: int) -> np.ndarray:
    """Give the mean (neuron,) over the train trials in which each neuron was recorded."""
    valid, counts = recording.splits["train"].valid, recording.held_in_spikes("train")
    means = np.array([_joined(c[v], joined_bins).mean(axis=1) for c, v in zip(counts, valid, strict=True)])
    seen = np.broadcast_to(recording.held_in_seen("train"), counts.shape).any(axis=1)
    return (means * seen).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)


def _pieces(trial: np.ndarray) -> list[np.ndarray]:
    """Cut (neuron, time) into pieces of elephant's length: longer ones it would cut at random places."""
    n_pieces = trial.shape[1] // SEGMENT_BINS
    return [trial[:, SEGMENT_BINS * i : SEGMENT_BINS * (i + 1)] for i in range(n_pieces)]


def _sequences(trials: list[np.ndarray]) -> np.ndarray:
    """Give trials (neuron, time) as elephant wants them."""
    sequences = np.empty(len(trials), dtype=[("T", int), ("y", object)])
    for sequence, trial in zip(sequences, trials, strict=True):
        sequence["T"], sequence["y"] = trial.shape[1], trial
    return sequences


def _latents(roots: Roots, active: np.ndarray, model: dict[str, Any]) -> np.ndarray:
    """Give orthonormal posterior means (trial, time, latent) float32."""
    from elephant.gpfa import gpfa_core

    sequences = _sequences([trial[active] for trial in roots.trials])
    inferred = gpfa_core.exact_inference_with_ll(sequences, model, get_ll=False)[0]
    found = gpfa_core.orthonormalize(model, inferred)[1]["latent_variable_orth"]
    return np.stack([roots.spread(latents, trial) for trial, latents in enumerate(found)]).astype(np.float32)
