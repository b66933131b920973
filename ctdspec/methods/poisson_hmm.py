"""A hidden Markov model with Poisson spikes, by hmmlearn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field, PositiveFloat

from ctdspec import scratch
from ctdspec.errors import MethodError
from ctdspec.methods.baseline import Baseline
from ctdspec.methods.extra import ensure_installed
from ctdspec.methods.kernel import smoothed_hz
from ctdspec.methods.readout import bits_of
from ctdspec.methods.selection import fewest, for_selection
from ctdspec.seeds import stream
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import Answer, Scalar, SplitAnswer

if TYPE_CHECKING:
    from ctdspec.methods._hmm import PoissonChain

# As if half a spike of each neuron had been seen: a rate of 0 is never certain.
_PRIOR_SPIKES = 0.5


class PoissonHmm(Baseline):
    """Discrete states that follow each other as a Markov chain; in each, every neuron has a rate of its own.

    It is fitted by EM (hmmlearn) to all neurons of the train trials. In every split, the probabilities of the
    states are inferred from the held-in neurons alone, past and future spikes together; these are what is
    answered as states, and the rates are means under them.
    """

    kind: Literal["poisson_hmm"]
    n_states: list[Annotated[int, Field(ge=1, le=1000)]] = Field(min_length=1, max_length=32)
    """Numbers of states to choose from."""
    enough: float = Field(gt=0, le=1)
    """Fewer states are preferred if they give at least this share of the best bits per spike."""
    fit_trials: int = Field(ge=2, le=1_000_000)
    """Train trials, drawn at random among those in which no neuron was lost, that the model is fitted to."""
    start_width_s: PositiveFloat
    """Standard deviation, in seconds, of the Gaussian that smooths the spikes. EM starts from clusters."""
    start_dwell_s: PositiveFloat
    """Mean time in a state that EM starts from, in seconds."""
    max_iterations: int = Field(ge=1, le=100_000)
    """Iterations of EM at most."""
    tolerance: float = Field(ge=0)
    """EM ends when an iteration raises the log likelihood by less, in nats per bin of a neuron."""

    def chosen(self, recording: Recording, seed: int) -> Answer:
        """Choose the number of states by held-out neurons on validation trials; then answer.

        Raises
        ------
        MethodError
            If hmmlearn is missing, or there are not two train trials with all neurons.
        """
        ensure_installed(("hmmlearn",), "hmm")
        selection = for_selection(recording)
        models = {n: self._fit(selection, n, seed) for n in self.n_states}
        bits = [
            bits_of(
                scratch.columns(_answered(selection, "val", model).rates_hz, selection.held_out), selection
            )
            for model in models.values()
        ]
        n_states = fewest(self.n_states, bits, self.enough)
        # The fit is to all neurons, whichever were held out.
        splits = {split: _answered(recording, split, models[n_states]) for split in recording.splits}
        stay = np.diag(models[n_states].transmat_)
        parameters: dict[str, Scalar | list[Scalar]] = {
            "n_states": n_states,
            "iterations": int(models[n_states].monitor_.iter),
            "mean_dwell_s": [float(s) for s in recording.bin_s / np.maximum(1 - stay, 1e-12)],
            "val_co_bps": bits[self.n_states.index(n_states)],
            "val_co_bps_by_n_states": list(bits),
        }
        return Answer(self.name, recording.dataset, splits, parameters=parameters)

    def _fit(self, recording: Recording, n_states: int, seed: int) -> PoissonChain:
        """Fit to the valid bins of some train trials, from clusters of smoothed spikes."""
        from ctdspec.methods._hmm import fit_chain

        train = recording.splits["train"]
        trials = self._draw_trials(train.observed, len(train.valid), seed)
        valid, counts = train.valid[trials], train.spikes[trials].astype(int)
        rows = counts[valid]
        smoothed = smoothed_hz(recording, "train", self.start_width_s)[trials][valid]
        return fit_chain(
            rows,
            valid.sum(axis=1),
            _cluster_means(smoothed, rows, n_states),
            min(recording.bin_s / self.start_dwell_s, 1.0),
            _PRIOR_SPIKES,
            self.max_iterations,
            self.tolerance,
        )

    def _draw_trials(self, observed: np.ndarray | None, n_trials: int, seed: int) -> np.ndarray:
        whole = np.arange(n_trials) if observed is None else np.flatnonzero(observed.all(axis=1))
        if len(whole) < 2:
            raise MethodError(
                f"found {len(whole)} train trials in which all neurons were recorded, 2 needed; it cannot be"
                " fitted to a session in which neurons come and go"
            )
        drawn = stream(seed, f"methods/{self.name}/trials").permutation(whole)[: self.fit_trials]
        return np.sort(drawn)


def _cluster_means(smoothed: np.ndarray, counts: np.ndarray, n_states: int) -> np.ndarray:
    """Give the mean counts (state, neuron) of the clusters that bins form by their smoothed rates."""
    from sklearn.cluster import KMeans

    labels = KMeans(n_states, random_state=0).fit_predict(np.sqrt(smoothed))
    sums = np.stack([counts[labels == state].sum(axis=0) for state in range(n_states)])
    sizes = np.bincount(labels, minlength=n_states)[:, None]
    return (sums + _PRIOR_SPIKES) / (sizes + 1)


def _answered(recording: Recording, split: str, model: PoissonChain) -> SplitAnswer:
    """Give rates of all neurons and the probabilities of the states, from the held-in neurons.

    Outside a trial they are those of its last bin.
    """
    valid, counts = recording.splits[split].valid, recording.held_in_spikes(split)
    seen = np.broadcast_to(recording.held_in_seen(split), counts.shape).any(axis=1)
    states = scratch.empty((*valid.shape, model.n_components), np.float32)
    # A neuron that was not recorded is left out of the model: trials that lack the same ones go together.
    for pattern in np.unique(seen, axis=0):
        own = np.flatnonzero((seen == pattern).all(axis=1))
        part = model.of(np.flatnonzero(recording.held_in)[pattern])
        for trial in own:
            inside = np.flatnonzero(valid[trial])
            probabilities = part.predict_proba(counts[trial, inside][:, pattern].astype(int))
            places = np.searchsorted(inside, np.arange(valid.shape[1])).clip(max=len(inside) - 1)
            states[trial] = probabilities[places]
    rates_hz = (model.lambdas_ / recording.bin_s).astype(np.float32)
    read = scratch.by_pieces(lambda states: states @ rates_hz, states, n_columns=rates_hz.shape[1])
    return SplitAnswer(read, states)
