"""What all baselines must do."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from ruamel.yaml import YAML

from ctdspec import scratch
from ctdspec.errors import MethodError, UsageError
from ctdspec.methods.factor_analysis import FactorAnalysis
from ctdspec.methods.gpfa import Gpfa
from ctdspec.methods.poisson_hmm import PoissonHmm
from ctdspec.methods.poisson_lds import PoissonLds
from ctdspec.methods.smoothing import Smoothing
from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.score import score
from ctdspec.resources import shipped
from ctdspec.submissions.expected import Expected

READOUT = {"ridges": [1e-3, 1e-2], "fit_bins": 4000}
SMOOTHING = Smoothing(
    kind="smoothing",
    name="smoothing",
    widths_s=[0.02, 0.08, 0.16, 0.8],
    floor_hz=0.1,
    offset_hz=3,
    readout=READOUT,
)
FACTORS = FactorAnalysis(
    kind="factor_analysis",
    name="factors",
    widths_s=[0.04, 0.1],
    n_factors=[1, 2, 6],
    enough=0.98,
    readout=READOUT,
)
LDS = PoissonLds(
    kind="poisson_lds",
    name="lds",
    n_latents=[1, 2, 3],
    enough=0.98,
    inputs="none",
    fit_windows=60,
    window_bins=40,
    start_width_s=0.06,
    max_iterations=6,
    tolerance=1e-5,
)
GPFA = Gpfa(
    kind="gpfa",
    name="gpfa",
    joined_bins=1,
    n_latents=[1, 2],
    enough=0.98,
    fit_trials=30,
    timescale_s=0.1,
    max_iterations=15,
    tolerance=1e-4,
    readout=READOUT,
)
HMM = PoissonHmm(
    kind="poisson_hmm",
    name="hmm",
    n_states=[2, 8],
    enough=0.98,
    fit_trials=40,
    start_width_s=0.06,
    start_dwell_s=0.2,
    max_iterations=8,
    tolerance=1e-6,
)
BOUNDED = (
    *("rate_r2", "log_rate_r2", "co_bps", "co_bps_share"),
    *("state_score", "state_recall", "state_precision"),
)
ALL = [
    SMOOTHING,
    FACTORS,
    LDS,
    pytest.param(GPFA, marks=pytest.mark.skipif(not find_spec("elephant"), reason="needs the extra gpfa")),
    pytest.param(HMM, marks=pytest.mark.skipif(not find_spec("hmmlearn"), reason="needs the extra hmm")),
]
METHODS = pytest.mark.parametrize("method", ALL, ids=lambda method: method.kind)


def scores(method, world):
    answer = method.fit(world.recording, seed=0)
    return answer, {row.metric: row for row in score(answer, world.truth, list(METRICS), seed=0)}


@METHODS
def test_beats_chance_and_stays_below_the_oracle(method, world):
    answer, rows = scores(method, world)
    for metric in BOUNDED:
        row = rows[metric]
        assert row.chance < row.low, row.metric
        assert row.high < row.ceiling, row.metric
    assert rows["co_bps_share"].value > 0.6
    assert rows["state_recall"].value > 0.6
    assert answer.parameters["val_co_bps"] > 0


@METHODS
def test_answers_every_split_and_never_gives_an_impossible_rate(method, world_of_short_trials):
    world = world_of_short_trials
    answer, rows = scores(method, world)
    assert set(answer.splits) == {"train", "val", "test"}
    assert all(split.rates_hz.dtype == split.states.dtype == np.float32 for split in answer.splits.values())
    assert rows["co_bps"].low > 0


@METHODS
def test_the_same_seed_gives_the_same_answer(method, world):
    first, again = (method.fit(world.recording, seed=5) for _ in range(2))
    assert first.parameters == again.parameters
    assert all(np.array_equal(first.splits[s].rates_hz, again.splits[s].rates_hz) for s in first.splits)
    other = method.fit(world.recording, seed=6)
    assert other.parameters["val_co_bps"] != first.parameters["val_co_bps"]


@METHODS
def test_test_trials_have_no_part_in_the_fit(method, world):
    splits = dict(world.recording.splits)
    splits["test"] = replace(splits["test"], counts=np.zeros_like(splits["test"].spikes))
    spoiled = method.fit(replace(world.recording, splits=splits), seed=0)
    whole = method.fit(world.recording, seed=0)
    assert spoiled.parameters == whole.parameters
    assert np.array_equal(spoiled.splits["val"].rates_hz, whole.splits["val"].rates_hz)


@METHODS
def test_without_held_out_neurons_settings_are_chosen_on_held_in_ones(method, world_without_held_out):
    answer, rows = scores(method, world_without_held_out)
    assert "co_bps" not in rows
    assert rows["rate_r2"].value > rows["rate_r2"].chance
    assert answer.parameters["val_co_bps"] > 0


@METHODS
def test_silent_neurons_do_no_harm(method, world):
    silenced = {
        name: replace(
            split, counts=np.where(np.arange(split.spikes.shape[2]) < 3, 0, split.spikes).astype(np.uint16)
        )
        for name, split in world.recording.splits.items()
    }
    answer = method.fit(replace(world.recording, splits=silenced), seed=0)
    Expected("digest", {"train": 80, "val": 20, "test": 20}, 60, 15).ensure(answer)


@pytest.mark.parametrize("method", ALL[2:4], ids=lambda method: method.kind)
def test_fewer_neurons_with_spikes_than_latents_are_told(method, world):
    silent = {
        name: replace(split, counts=np.zeros_like(split.spikes))
        for name, split in world.recording.splits.items()
    }
    with pytest.raises(MethodError, match=r"found 0 held-in neurons with spikes .* but 1 latents"):
        method.fit(replace(world.recording, splits=silent), seed=0)


def test_smoothing_chooses_the_width_of_the_latents(world):
    """Latents turn at 4 to 8 rad/s: 0.02 s averages too little and 0.8 s too much."""
    answer = SMOOTHING.fit(world.recording, seed=0)
    assert answer.parameters["width_s"] in (0.08, 0.16)
    by_width = answer.parameters["val_co_bps_by_width"]
    assert by_width[0] < max(by_width) > by_width[-1]
    assert by_width.index(max(by_width)) == SMOOTHING.widths_s.index(answer.parameters["width_s"])
    # A neuron's own rate is told by fewer spikes than what a population tells, so its kernel is no narrower.
    assert answer.parameters["own_width_s"] >= answer.parameters["width_s"]


def test_smoothed_rates_are_the_spikes_of_the_neuron(world):
    answer = SMOOTHING.fit(world.recording, seed=0)
    held_in = world.recording.held_in
    rates_hz = answer.splits["test"].rates_hz[..., held_in]
    assert rates_hz.min() >= np.float32(0.1)
    spikes_hz = world.recording.splits["test"].spikes.mean(axis=1) / world.recording.bin_s
    assert rates_hz.mean(axis=1) == pytest.approx(spikes_hz, abs=0.1)


def test_factor_analysis_takes_as_many_factors_as_there_are_latents(world):
    answer = FACTORS.fit(world.recording, seed=0)
    assert answer.parameters["n_factors"] == 2
    assert answer.splits["test"].states.shape[2] == 2


def test_one_neuron_is_too_few(world):
    lonely = replace(world.recording, held_out=np.zeros(1, bool))
    with pytest.raises(UsageError, match="1 neuron found, 2 needed"):
        SMOOTHING.fit(lonely, seed=0)


def test_more_factors_than_neurons_are_refused(world):
    with pytest.raises(UsageError, match="'factors', n_factors: found 13, expected at most 12"):
        FACTORS.model_copy(update={"n_factors": [2, 13]}).fit(world.recording, seed=0)


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("smoothing", Smoothing),
        ("factor_analysis", FactorAnalysis),
        ("poisson_lds", PoissonLds),
        ("gpfa", Gpfa),
        ("poisson_hmm", PoissonHmm),
    ],
)
def test_the_shipped_spec_is_valid(name, cls):
    text = (shipped("specs") / "data_models" / f"{name}.yaml").read_text(encoding="utf-8")
    assert cls.model_validate(YAML(typ="safe").load(text)).name == name


@METHODS
def test_a_lost_neuron_costs_little(method, world):
    """A neuron that falls silent when it is lost must not teach the fit that it is silent."""
    recording = world.recording
    lost = np.random.default_rng(1).permutation(15) < 4

    def with_losses(split, name):
        observed = np.ones((len(split.valid), split.spikes.shape[2]), bool)
        which = lost if name != "test" else lost[recording.held_in]
        if name == "train":
            observed[len(observed) // 2 :, which] = False
        else:
            observed[:, which] = False
        return replace(split, counts=split.spikes * observed[:, None], observed=observed)

    splits = {name: with_losses(split, name) for name, split in recording.splits.items()}
    answer = method.fit(replace(recording, splits=splits), 0)
    truth = world.truth.splits["test"]
    rates_hz = answer.splits["test"].rates_hz
    # The mean rate of a lost neuron is right within 40 %; taking its silence for data would halve it.
    ratio = rates_hz.mean(axis=(0, 1)) / truth.rates_hz.mean(axis=(0, 1))
    assert (np.abs(ratio - 1) < 0.4).all()


@METHODS
def test_small_pieces_change_nothing(method, world_of_short_trials, monkeypatch):
    whole = method.fit(world_of_short_trials.recording, seed=0)
    monkeypatch.setattr(scratch, "LARGE_BYTES", 1000)
    monkeypatch.setattr(scratch, "PIECE_VALUES", 1000)  # of a trial or a few
    apart = method.fit(world_of_short_trials.recording, seed=0)
    # Products of matrices of other shapes may differ in their last bits.
    assert list(apart.parameters) == list(whole.parameters)
    for name, value in whole.parameters.items():
        np.testing.assert_allclose(apart.parameters[name], value, rtol=1e-5)
    for split, answer in whole.splits.items():
        np.testing.assert_allclose(apart.splits[split].rates_hz, answer.rates_hz, rtol=1e-4)
        np.testing.assert_allclose(apart.splits[split].states, answer.states, rtol=1e-4, atol=1e-4)
