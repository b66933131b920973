"""What every point process keeps to, whatever its law."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from ctdspec.errors import UsageError
from ctdspec.observation.noises.gamma_renewal import GammaRenewal
from ctdspec.observation.noises.glm import GLM
from ctdspec.observation.noises.lif import LeakyIntegrateAndFire
from ctdspec.observation.noises.refractory import Refractory
from ctdspec.observation.point_process import PointProcess, dead_steps
from ctdspec.seeds import stream

sys.path.append(str(Path(__file__).parent))
from time_rescaling import ensure_rescaled, rescaled

BIN_S = 0.01


def law(kind: str, step_s: float = 0.001) -> PointProcess:
    coupling = {"density": 0.5, "excitatory": 0.5, "weight_sd": 0.3, "tau_s": 0.01}
    post_spike = [{"gain": -2.0, "tau_s": 0.005}, {"gain": 0.3, "tau_s": 0.03}]
    lif = {"kind": "lif", "tau_s": 0.015, "dead_s": 0.0015, "escape_hz": 100.0, "width": 0.25}
    fields = {
        GammaRenewal: {"kind": "gamma_renewal", "order": 3.0},
        Refractory: {"kind": "refractory", "dead_s": 0.0015, "recovery_s": 0.002},
        GLM: {"kind": "glm", "dead_s": 0.0015, "post_spike": post_spike, "coupling": coupling},
        LeakyIntegrateAndFire: lif,
    }
    laws = {each["kind"]: cls.model_validate({**each, "step_s": step_s}) for cls, each in fields.items()}
    return laws[kind]


KINDS = ["gamma_renewal", "refractory", "glm", "lif"]


def changing_hz(n_trials, n_bins, n_neurons, highest=80.0):
    """Rates that jump from 0 to `highest` and back, and waver between."""
    t = np.arange(n_bins)[:, None] + 3 * np.arange(n_neurons)
    rates = highest * np.clip(0.5 + 0.7 * np.sin(t / 9.0), 0, 1) * (1 + (t // 23) % 2) / 2
    return np.broadcast_to(rates, (n_trials, n_bins, n_neurons)).astype(np.float32)


def draw(kind, rates_hz, bin_s=BIN_S, step_s=0.001, name="sample"):
    noise = law(kind, step_s)
    prepared = noise.prepare(lambda: [rates_hz], rates_hz.shape[-1], bin_s, stream(0, "prepare"))
    return noise.sample(rates_hz, bin_s, prepared, stream(0, name))


@pytest.mark.parametrize("kind", KINDS)
def test_intensity_rescales_time(kind):
    rates = changing_hz(12, 20_000, 5) if kind != "gamma_renewal" else changing_hz(30, 30_000, 5)
    step_s = 0.001 if kind != "gamma_renewal" else 0.0002  # a step that a spike ends has no second one
    sample = draw(kind, rates, step_s, step_s)
    increments = sample.hidden["intensity_hz"] * step_s
    ensure_rescaled(sample.spikes > 0, increments, stream(0, "judge"))
    with pytest.raises(AssertionError):
        ensure_rescaled(sample.spikes > 0, rates * step_s, stream(0, "judge"))


def test_the_judge_accepts_steps_of_known_chance_and_refuses_others():
    chance = np.tile(np.linspace(0.01, 0.6, 50), (4, 1000))[..., None]
    spikes = stream(0, "judged").random(chance.shape) < chance
    ensure_rescaled(spikes, -np.log1p(-chance), stream(1, "judge"))
    assert len(rescaled(spikes, chance, stream(1, "judge"))[0]) == spikes.sum()
    with pytest.raises(AssertionError):
        ensure_rescaled(spikes, -np.log1p(-chance) * 0.95, stream(1, "judge"))


@pytest.mark.parametrize("kind", KINDS)
def test_bins_are_groups_of_steps(kind):
    rates = changing_hz(3, 60, 4)
    noise = law(kind)
    prepared = noise.prepare(lambda: [rates], 4, BIN_S, stream(0, "prepare"))
    coarse = noise.sample(rates, BIN_S, prepared, stream(0, "sample"))
    fine = noise.sample(np.repeat(rates, 10, axis=1), 0.001, prepared, stream(0, "sample"))
    np.testing.assert_array_equal(coarse.spikes, fine.spikes)
    means = fine.hidden["intensity_hz"].reshape(3, 60, 10, 4).mean(axis=2)
    np.testing.assert_allclose(coarse.hidden["intensity_hz"], means, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_sample_has_the_shape_and_repeats_itself(kind):
    rates = changing_hz(3, 40, 2)
    one, two, other = draw(kind, rates), draw(kind, rates), draw(kind, rates, name="other")
    assert one.spikes.shape == (3, 400, 2)
    assert one.spikes.dtype == np.uint16
    assert one.hidden["intensity_hz"].shape == (3, 40, 2)
    assert one.hidden["intensity_hz"].dtype == np.float32
    assert np.isfinite(one.hidden["intensity_hz"]).all()
    np.testing.assert_array_equal(one.spikes, two.spikes)
    np.testing.assert_array_equal(one.hidden["intensity_hz"], two.hidden["intensity_hz"])
    assert (one.spikes != other.spikes).any()


@pytest.mark.parametrize("kind", KINDS)
def test_no_spike_where_the_rate_is_zero(kind):
    rates = changing_hz(40, 100, 5)
    rates = rates * (np.arange(5) > 0)
    sample = draw(kind, rates.astype(np.float32))
    counts = sample.spikes.reshape(40, 100, 10, 5).sum(axis=2)
    assert counts[rates > 0].sum() > 1000
    assert counts[rates == 0].sum() == 0
    assert sample.hidden["intensity_hz"][rates == 0].max() == 0
    assert draw(kind, np.zeros((2, 5, 3), np.float32)).spikes.sum() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_one_trial_of_one_neuron(kind):
    sample = draw(kind, np.full((1, 2000, 1), 80, np.float32))
    # 1600 spikes of a Fano factor below 1: their standard deviation is under 40.
    assert abs(int(sample.spikes.sum()) - 1600) < 200


@pytest.mark.parametrize("kind", ["refractory", "glm", "lif"])
@pytest.mark.parametrize("step_s", [0.0005, 0.001])
def test_no_interval_is_under_the_dead_time(kind, step_s):
    spikes = draw(kind, np.full((20, 200, 3), 120, np.float32), step_s=step_s).spikes
    assert spikes.max() == 1
    trial, neuron, step = np.nonzero(spikes.transpose(0, 2, 1))
    same = (np.diff(trial) == 0) & (np.diff(neuron) == 0)
    steps_apart = np.diff(step)[same]
    assert len(steps_apart) > 5000
    # A spike at the end of its step and the next at the start of its own are closest.
    assert (steps_apart.min() - 1) * step_s >= 0.0015 - 1e-12
    assert (steps_apart.min() - 2) * step_s < 0.0015, "steps are wasted"


def test_dead_steps():
    assert [dead_steps(dead_s, 0.001) for dead_s in (0, 0.001, 0.0011, 0.003)] == [0, 1, 2, 3]


def test_many_trains_are_stepped_in_parts():
    rates = np.full((400, 30, 100), 50, np.float32)
    counts = draw("refractory", rates).spikes.sum(axis=(1, 2))
    # 1500 expected per trial; no part is left out or doubled.
    assert abs(counts.mean() - 1500) < 10
    assert counts.min() > 1200


@pytest.mark.parametrize("kind", KINDS)
def test_a_bin_is_a_whole_number_of_steps(kind):
    assert law(kind).steps_per_bin(0.01) == 10
    assert law(kind, 0.0001).steps_per_bin(0.005) == 50
    with pytest.raises(ValueError, match=r"a bin of 0.01 s .* 0.004 s; set step_s to 0.005 or 0.00333333"):
        law(kind, 0.004).steps_per_bin(0.01)
    with pytest.raises(ValueError, match=r"set step_s to 0.01$"):
        law(kind, 0.015).steps_per_bin(0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_rates_that_are_too_high_are_refused(kind):
    noise = law(kind)
    limit = noise.highest_hz(BIN_S)
    at_most = re.escape(f"at most {limit:.4g} Hz")
    allowed = np.array([0.0, 0.4 * limit])
    noise.ensure_realises(allowed, limit, BIN_S)
    noise.ensure_realises(allowed, None, BIN_S)
    with pytest.raises(ValueError, match="observation.rates: a mean rate .*observation.noise.*" + at_most):
        noise.ensure_realises(np.array([1.01 * limit]), None, BIN_S)
    with pytest.raises(ValueError, match=r"a peak rate .*lower"):
        noise.ensure_realises(allowed, 1.01 * limit, BIN_S)
    prepared = {"coupling": np.zeros((1, 1), np.float32), "offset": np.zeros(1, np.float32)}
    for rate in (1.01 * limit, np.inf, np.nan):
        with pytest.raises(UsageError, match=r"rate of some bin.*at most"):
            noise.sample(np.full((1, 2, 1), rate, np.float32), BIN_S, prepared, stream(0, "x"))
