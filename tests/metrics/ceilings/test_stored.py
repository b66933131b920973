from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import PoissonRegressor
from sklearn.metrics import r2_score

from ctdspec.dynamics.dynamics import Array, Dynamics
from ctdspec.dynamics.guided_inputs import InputBank
from ctdspec.errors import UsageError
from ctdspec.metrics.ceilings.floors import split_half_floors
from ctdspec.metrics.ceilings.inference import Effort, TrueModel, infer, take_trials
from ctdspec.metrics.ceilings.oracle import reached_bits
from ctdspec.metrics.ceilings.readout import finite_data_answer, readout_answer
from ctdspec.metrics.ceilings.stored import KNOWN, UNKNOWN, ceilings
from ctdspec.metrics.score import score
from ctdspec.metrics.truth import SplitTruth, Truth

BIN_S, N_BINS = 0.02, 50
LAW = np.array([[0.95, 0.2], [-0.2, 0.95]], np.float32)
RNG = np.random.default_rng(0)
MIX = (0.5 * RNG.standard_normal((2, 12))).astype(np.float32)


class Driven(Dynamics):
    """A damped rotation that is kicked by its inputs, and by noise if there is any."""

    def __init__(self, noise_sd: float, first_sd: float) -> None:
        self.noise_sd, self.first_sd = noise_sd, first_sd

    @property
    def n_latents(self) -> int:
        return 2

    @property
    def noise_shape(self) -> tuple[int, ...]:
        return (2,) if self.noise_sd else (0,)

    def initial_states(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        return (self.first_sd * rng.standard_normal((n_trials, 2))).astype(np.float32)

    def step(self, states: Array, inputs: Array, noise: Array | None = None) -> Array:
        states = states @ LAW
        states = states + inputs * np.float32([1, 0]) if inputs.shape[-1] else states
        return states + np.float32(self.noise_sd) * noise if self.noise_sd and noise is not None else states

    def readout(self, states: Array) -> Array:
        return states[..., :0]

    def parameters(self) -> Mapping[str, np.ndarray]:
        return {}


def rates_hz(states):
    return 20 * np.exp(states @ MIX)


def make_truth(dynamics, inputs_sd=0.5):
    rng = np.random.default_rng(1)

    def split(n):
        inputs = (inputs_sd * rng.standard_normal((n, N_BINS, 1))).astype(np.float32)
        latents, now = np.empty((n, N_BINS, 2), np.float32), dynamics.initial_states(n, rng)
        for t in range(N_BINS):
            latents[:, t] = now = dynamics.step(now, inputs[:, t], rng.standard_normal((n, 2), np.float32))
        rates = rates_hz(latents).astype(np.float32)
        spikes = rng.poisson(rates * BIN_S).astype(np.uint16)
        return SplitTruth(latents, rates, np.ones((n, N_BINS), bool), spikes, inputs=inputs)

    splits = {"train": split(60), "val": split(4), "test": split(24)}
    return Truth("digest", BIN_S, np.arange(12) >= 9, splits)


DYNAMICS = Driven(noise_sd=0.1, first_sd=1.0)
TRUTH = make_truth(DYNAMICS)
EFFORT = Effort(n_particles=400, n_first=400, lag_bins=10, passes=2, blind_share=0.5, jitter=0.01)
TRIALS = {"train": np.arange(8), "val": np.arange(1), "test": np.array([3, 1, 5, 7, 9, 11])}
BANK = np.random.default_rng(2).standard_normal((500, N_BINS, 1)).astype(np.float32) * 0.5
MODELS = {
    KNOWN: TrueModel(DYNAMICS, rates_hz),
    UNKNOWN: TrueModel(DYNAMICS, rates_hz, InputBank(BANK)),
}


def fit_glm(features, counts, seen):
    models = [PoissonRegressor(alpha=1e-4).fit(features, column) for column in counts.T]

    def expect(values):
        flat = values.reshape(-1, values.shape[2])
        return np.stack([m.predict(flat) for m in models], axis=-1).reshape(*values.shape[:2], -1)

    return expect


def test_knowing_more_is_knowing_better():
    part = take_trials(TRUTH, TRIALS)
    unexplained = {}
    for name, model in MODELS.items():
        found = infer(part, model, EFFORT, np.random.default_rng(0))
        true, posterior = part.splits["test"], found.posteriors["test"]
        errors = (posterior.latents - true.latents) / posterior.latents_sd
        # 600 correlated bins: an honest posterior is as wrong as it says.
        assert np.sqrt(np.square(errors).mean()) == pytest.approx(1, abs=0.15)
        rows = {row.metric: row.value for row in score(found.answer, part, ["rate_r2", "state_recall"], 0)}
        assert rows["rate_r2"] == pytest.approx(
            r2_score(
                true.rates_hz.reshape(-1, 12),
                posterior.values.reshape(-1, 12),
                multioutput="variance_weighted",
            ),
            abs=1e-4,
        )
        unexplained[name] = 1 - rows["rate_r2"]
        assert not found.quality.collapsed
        assert found.answer.given_inputs == (found.answer.splits["test"].inputs is None) == (name == KNOWN)
    assert 0 < unexplained[KNOWN] < unexplained[UNKNOWN] < 0.5


def test_held_out_spikes_and_hidden_bins_are_not_used():
    part, ahead = take_trials(TRUTH, TRIALS), np.arange(N_BINS) >= 40
    test = part.splits["test"]
    test = replace(test, valid=test.valid & ~ahead, forward=test.valid & ahead)
    spikes = test.spikes.copy()
    spikes[:, ahead] = 9
    spikes[..., TRUTH.held_out] = 9
    truths = [
        replace(part, splits={**part.splits, "test": shown}) for shown in (test, replace(test, spikes=spikes))
    ]
    means = [infer(truth, MODELS[KNOWN], EFFORT, np.random.default_rng(0)) for truth in truths]
    assert np.array_equal(means[0].posteriors["test"].latents, means[1].posteriors["test"].latents)


def test_too_few_particles_are_flagged():
    few = replace(EFFORT, n_particles=20, n_first=20)
    found = infer(take_trials(TRUTH, TRIALS), MODELS[UNKNOWN], few, np.random.default_rng(0))
    assert found.quality.collapsed


def test_a_system_without_noise_is_jittered_unless_its_first_state_is_certain():
    for first_sd, sharp in ((1.0, False), (0.0, True)):
        dynamics = Driven(noise_sd=0.0, first_sd=first_sd)
        part = take_trials(make_truth(dynamics), TRIALS)
        found = infer(part, TrueModel(dynamics, rates_hz), EFFORT, np.random.default_rng(0))
        error = found.posteriors["test"].latents - part.splits["test"].latents
        assert np.abs(error).max() < (1e-5 if sharp else 1.5)
        assert (np.abs(error).max() < 1e-4) == sharp


def test_factors_of_the_rates_are_known():
    factors = {name: np.exp(0.5 * RNG.standard_normal((len(n), 12))) for name, n in TRIALS.items()}
    part = take_trials(TRUTH, TRIALS)
    rng = np.random.default_rng(4)
    splits = {
        name: replace(
            split,
            rates_hz=split.rates_hz * factors[name][:, None],
            spikes=rng.poisson(split.rates_hz * factors[name][:, None] * BIN_S),
        )
        for name, split in part.splits.items()
    }
    modulated = replace(part, splits=splits)
    told = infer(modulated, replace(MODELS[KNOWN], factors=factors), EFFORT, rng).posteriors["test"]
    blind = infer(modulated, MODELS[KNOWN], EFFORT, rng).posteriors["test"]
    true = splits["test"]
    assert (
        np.square(told.values - true.rates_hz).mean() < 0.5 * np.square(blind.values - true.rates_hz).mean()
    )


def test_finite_data_come_near_the_oracle():
    rng = np.random.default_rng(0)
    answer = finite_data_answer(TRUTH, fit_glm, 2000, rng)
    TRUTH.expected.ensure(answer)
    rows = {row.metric: row for row in score(answer, TRUTH, ["co_bps", "co_bps_share"], 0)}
    # 6 parameters per 1000 spikes cost a few thousandths of a bit.
    assert 0.95 < rows["co_bps_share"].value < 1.01
    inputs = {name: split.inputs for name, split in TRUTH.splits.items()}
    blind = readout_answer(TRUTH, "inputs", inputs, fit_glm, 2000, rng)
    (row,) = score(blind, TRUTH, ["co_bps_share"], 0)
    assert row.value < 0.3
    assert np.array_equal(blind.splits["test"].states, inputs["test"])


def test_everything_that_is_stored_has_its_axes():
    stored = ceilings(TRUTH, MODELS, EFFORT, TRIALS, seed=0)
    again = ceilings(TRUTH, MODELS, EFFORT, TRIALS, seed=0)
    sizes: dict[str, int] = {}
    for name, (dims, array) in stored.items():
        assert array.ndim == len(dims), name
        assert np.array_equal(array, again[name][1]), name
        for dim, size in zip(dims, array.shape, strict=True):
            assert sizes.setdefault(dim, size) == size, (name, dim)
    test = TRUTH.splits["test"]
    out = TRUTH.held_out
    seen = np.ones((24, N_BINS, 1), bool)
    assert stored["oracle/test/held_out/reached"][1] == reached_bits(
        test.rates_hz[..., out], test.spikes[..., out], seen, BIN_S
    )
    assert stored["inputs_unknown/test/inputs"][0] == ("inputs_unknown_test_trial", "time", "input")
    assert "inputs_known/excess" in stored


def test_signals_have_no_inference_ceiling():
    splits = {name: replace(split, spikes=None) for name, split in TRUTH.splits.items()}
    signals = replace(TRUTH, splits=splits)
    assert ceilings(signals, {}, EFFORT, TRIALS, seed=0) == {}
    with pytest.raises(UsageError, match="signals and no spikes"):
        infer(take_trials(signals, TRIALS), MODELS[KNOWN], EFFORT, RNG)
    with pytest.raises(UsageError, match="signals and no spikes"):
        finite_data_answer(signals, fit_glm, 100, RNG)


def test_floors_share_their_halves():
    seen = []

    def distance(first, second):
        seen.append((tuple(first), tuple(second)))
        return float(abs(first.mean() - second.mean()))

    floors = split_half_floors({"a": distance, "b": distance}, 10, 5, np.random.default_rng(0))
    assert floors["a"] == floors["b"]
    assert all(not set(first) & set(second) for first, second in seen)
