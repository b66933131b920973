"""A linear dynamical system whose states are seen through Poisson spikes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import numpy as np
from array_api_compat import array_namespace
from pydantic import Field, PositiveFloat

from ctdspec import scratch
from ctdspec.dynamics.dynamics import Array
from ctdspec.methods.baseline import Baseline
from ctdspec.methods.factor_analysis import factors_of
from ctdspec.methods.laplace import Posterior, infer
from ctdspec.methods.laplace_em import Fit, better_dynamics, fit_em
from ctdspec.methods.linear_states import LinearStates, Observed, PoissonReadout
from ctdspec.methods.readout import bits_of
from ctdspec.methods.selection import ensure_active, ensure_at_most, fewest, for_selection
from ctdspec.metrics.poisson_map import fit_poisson
from ctdspec.seeds import stream
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import Answer, Scalar, SplitAnswer
from ctdspec.submissions.exchange import AnsweredDynamics, encode


class PoissonLds(Baseline):
    """States with linear dynamics and Gaussian noise; log rates that are linear in them; Poisson spikes.

    It is fitted by Laplace-EM (Macke et al. 2011) to all neurons of the train trials. In every split, states
    are inferred from the held-in neurons alone, past and future spikes of a trial together, and are the
    posterior's mode. Rates are posterior means.
    """

    looks_ahead: ClassVar[bool] = True

    kind: Literal["poisson_lds"]
    n_latents: list[Annotated[int, Field(ge=1, le=256)]] = Field(min_length=1, max_length=32)
    """Numbers of latents to choose from; at most the number of held-in neurons."""
    enough: float = Field(gt=0, le=1)
    """Fewer latents are preferred if they give at least this share of the best bits per spike."""
    inputs: Literal["given", "none"]
    """Whether the stimulus drives the states."""
    fit_windows: int = Field(ge=1, le=1_000_000)
    """Windows of train trials, drawn at random, that the model is fitted to."""
    window_bins: int = Field(ge=2)
    """Their length, at most that of a trial. States and rates are inferred from whole trials."""
    start_width_s: PositiveFloat
    """Standard deviation, in seconds, of the Gaussian that smooths the spikes for the factor analysis that EM
    starts from."""
    max_iterations: int = Field(ge=1, le=100_000)
    """Iterations of EM at most."""
    tolerance: float = Field(ge=0)
    """EM ends when an iteration raises its bound by less, in nats per bin of a neuron."""

    def chosen(self, recording: Recording, seed: int) -> Answer:
        """Choose the number of latents by held-out neurons on validation trials; then answer.

        Raises
        ------
        MethodError
            If fewer neurons have spikes than there are latents.
        """
        selection = for_selection(recording)
        ensure_at_most(self.name, "n_latents", self.n_latents, int(selection.held_in.sum()))
        fits = {n: self._fit_latents(selection, n, seed) for n in self.n_latents}
        bits = [self._bits(selection, fit) for fit in fits.values()]
        n_latents = fewest(self.n_latents, bits, self.enough)
        # The data of the fit are the same if neurons were held out: then it need not be repeated.
        fit = fits[n_latents] if selection is recording else self._fit_latents(recording, n_latents, seed)
        splits = {split: _answered(recording, split, fit, self.inputs) for split in recording.splits}
        moduli = np.sort(np.abs(np.linalg.eigvals(fit.dynamics.transition)))[::-1]
        parameters: dict[str, Scalar | list[Scalar]] = {
            "n_latents": n_latents,
            "iterations": len(fit.bounds),
            "bound_nats_per_bin": fit.bounds[-1],
            "eigenvalue_moduli": [float(modulus) for modulus in moduli],
            "val_co_bps": bits[self.n_latents.index(n_latents)],
            "val_co_bps_by_n_latents": list(bits),
        }
        return Answer(
            self.name,
            recording.dataset,
            splits,
            given_inputs=self.inputs == "given",
            parameters=parameters,
            dynamics=_law(fit, self.inputs, recording.bin_s),
        )

    def _bits(self, recording: Recording, fit: Fit) -> float:
        rates_hz = _answered(recording, "val", fit, self.inputs).rates_hz
        return bits_of(scratch.columns(rates_hz, recording.held_out), recording)

    def _fit_latents(self, recording: Recording, n_latents: int, seed: int) -> Fit:
        """Fit a model of so many latents to windows of all neurons, from where factor analysis leads."""
        ensure_active(int(recording.held_in_spikes("train").any(axis=(0, 1)).sum()), n_latents)
        windows = self._draw_windows(recording, stream(seed, f"methods/{self.name}/windows"))
        states = factors_of(recording, self.start_width_s, n_latents)[windows].astype(float)
        counts = recording.splits["train"].spikes[windows].astype(float)
        seen = np.broadcast_to(recording.splits["train"].seen[windows], counts.shape)
        rows = seen.any(axis=2)
        start = fit_poisson(states[rows], counts[rows], seen[rows], 1e-3)
        stimulus = recording.splits["train"].stimulus[windows]
        observed = Observed(counts * seen, seen.astype(float), _driving(stimulus, self.inputs))
        return fit_em(
            _first_dynamics(states, observed.inputs),
            PoissonReadout(start.weights.T, start.intercepts),
            observed,
            self.max_iterations,
            self.tolerance,
        )

    def _draw_windows(self, recording: Recording, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw indices (window, 1) of trials and (window, time) of bins; windows start inside a trial."""
        valid = recording.splits["train"].valid
        length = min(self.window_bins, valid.shape[1])
        # Every trial comes up before any comes up again.
        n_rounds = -(-self.fit_windows // len(valid))
        trials = np.concatenate([rng.permutation(len(valid)) for _ in range(n_rounds)])[: self.fit_windows]
        last = np.maximum(valid[trials].sum(axis=1) - length, 0)
        return trials[:, None], rng.integers(0, last + 1)[:, None] + np.arange(length)


def _first_dynamics(states: np.ndarray, inputs: np.ndarray) -> LinearStates:
    """Give the linear dynamics that fit given states best, as if they were certain."""
    none = np.zeros((*states.shape, states.shape[2]))
    return better_dynamics(Posterior(states, none, none[:, 1:], np.zeros(len(states))), inputs)


def _driving(stimulus: np.ndarray, inputs: str) -> np.ndarray:
    """Give what drives the states, (trial, time, input) float64, of width 0 for nothing."""
    return stimulus.astype(float) if inputs == "given" else np.zeros((*stimulus.shape[:2], 0))


def _inferred(recording: Recording, split: str, fit: Fit, inputs: str) -> Iterator[tuple[slice, Posterior]]:
    """Give trials, and the posterior of their states from held-in neurons, piece by piece."""
    readout = fit.readout.of(recording.held_in)
    counts, seen = recording.held_in_spikes(split), recording.held_in_seen(split)
    n_latents = len(fit.dynamics.start)
    for some in scratch.pieces((*counts.shape[:2], max(counts.shape[2], n_latents**2))):
        own = np.broadcast_to(seen[some], counts[some].shape).astype(float)
        driving = _driving(recording.splits[split].stimulus[some], inputs)
        yield some, infer(fit.dynamics, readout, Observed(counts[some] * own, own, driving))


def _answered(recording: Recording, split: str, fit: Fit, inputs: str) -> SplitAnswer:
    """Give rates of all neurons, and states."""
    shape = recording.splits[split].valid.shape
    largest = np.maximum(recording.splits["train"].spikes.max(axis=(0, 1)), 1)
    states = scratch.empty((*shape, len(fit.dynamics.start)), np.float32)
    rates_hz = scratch.empty((*shape, len(recording.held_out)), np.float32)
    for some, posterior in _inferred(recording, split, fit, inputs):
        states[some] = posterior.means
        logs = fit.readout.mean_log_counts(posterior.means, posterior.covariances)
        rates_hz[some] = np.exp(np.minimum(logs, np.log(largest))) / recording.bin_s
    return SplitAnswer(rates_hz, states)


def _law(fit: Fit, inputs: Literal["given", "none"], bin_s: float) -> AnsweredDynamics:
    """Write down how the states move without noise, and the rates that they stand for."""
    dynamics, n_inputs = fit.dynamics, fit.dynamics.drive.shape[1]
    transition, drive = dynamics.transition.T, dynamics.drive.T
    weights, offsets = fit.readout.weights.T, fit.readout.offsets - np.log(bin_s)

    def step(states: Array, moved_by: Array) -> Array:
        return states @ transition + moved_by @ drive if n_inputs else states @ transition

    def rates_hz(states: Array) -> Array:
        return array_namespace(states).exp(states @ weights + offsets)

    given = "stimulus" if inputs == "given" and n_inputs else "none"
    return encode(step, rates_hz, dynamics.transition.shape[0], n_inputs, given)
