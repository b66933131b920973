from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.signal import welch
from scipy.stats import kstest

from ctdspec.errors import UsageError
from ctdspec.observation.noises.calcium import Calcium
from ctdspec.seeds import stream

BIN_S = 0.02


def law(**changes: Any) -> Calcium:
    fields = {
        "kind": "calcium",
        "spikes": {"kind": "poisson"},
        "decay_s": 0.4,
        "rise_s": 0.0,
        "amplitude": 1.0,
        "baseline": 2.0,
        "noise_sd": 0.3,
    }
    return Calcium.model_validate(fields | changes)


@pytest.mark.parametrize(("decay_s", "rise_s"), [(0.4, 0.0), (0.4, 0.05), (1.0, 0.9), (0.05, 0.001)])
def test_one_spike_is_a_difference_of_exponentials_of_the_peak_asked_for(
    decay_s: float, rise_s: float
) -> None:
    """The closed form of the transient, sampled at the ends of bins."""
    counts = np.zeros((1, 300, 1), np.uint16)
    counts[0, 3] = 1
    calcium = law(decay_s=decay_s, rise_s=rise_s, amplitude=1.7).calcium(counts, BIN_S)[0, :, 0]
    since_s = (np.arange(297) + 1) * BIN_S
    expected = np.exp(-since_s / decay_s) - (np.exp(-since_s / rise_s) if rise_s else 0)
    np.testing.assert_allclose(calcium[3:], 1.7 * expected / expected.max(), rtol=1e-5, atol=1e-6)
    assert not calcium[:3].any()
    assert calcium.max() == pytest.approx(1.7, rel=1e-6)


def test_transients_add_and_end_with_the_trial() -> None:
    counts = np.random.Generator(np.random.PCG64(0)).poisson(1, (2, 50, 3)).astype(np.uint16)
    made = law(rise_s=0.05)
    halves = made.calcium(counts // 2, BIN_S) + made.calcium(counts - counts // 2, BIN_S)
    np.testing.assert_allclose(made.calcium(counts, BIN_S), halves, rtol=1e-5)
    np.testing.assert_array_equal(made.calcium(counts, BIN_S)[1:], made.calcium(counts[1:], BIN_S))


@pytest.mark.parametrize("decay_s", [0.1, 0.4, 1.5])
def test_decay_and_noise_are_recovered_from_the_signal(decay_s: float) -> None:
    """By the autocovariance at lags above 0, which noise leaves alone, and the power at high frequencies."""
    rates_hz = np.full((60, 4000, 1), 2.0, np.float32)
    sample = law(decay_s=decay_s, noise_sd=0.5).sample(rates_hz, BIN_S, {}, stream(0, "calcium"))
    assert sample.signals is not None
    signal = sample.signals[..., 0].astype(float)
    signal -= signal.mean()
    lags = np.arange(1, max(3, round(decay_s / BIN_S)))
    covariance = [np.mean(signal[:, lag:] * signal[:, :-lag]) for lag in lags]
    slope = np.polyfit(lags * BIN_S, np.log(covariance), 1)[0]
    # 2.4e5 samples, hundreds of decay times per trial: 5 % is 4 standard errors or more; power 0.95 at 10 %.
    assert -1 / slope == pytest.approx(decay_s, rel=0.05)
    _, power = welch(signal, fs=1.0, nperseg=256, axis=1)
    d = np.exp(-BIN_S / decay_s)
    of_spikes = 2 * 2.0 * BIN_S / (1 + d) ** 2  # one-sided spectrum of the AR(1) process at Nyquist
    assert power[:, -20:-1].mean() - of_spikes == pytest.approx(2 * 0.5**2, rel=0.05)


def test_the_sample_holds_the_spikes_the_calcium_and_the_noise() -> None:
    rates_hz = np.tile(np.array([0.0, 5.0, 40.0], np.float32), (20, 300, 1))
    made = law()
    sample = made.sample(rates_hz, BIN_S, {}, stream(1, "calcium"))
    assert sample.signals is not None
    assert sample.spikes is not None
    assert [hidden.name for hidden in made.hidden] == list(sample.hidden) == ["calcium"]
    assert not sample.spikes[..., 0].any()
    assert not sample.hidden["calcium"][..., 0].any()
    of_trial, expected = made.calcium(sample.spikes, BIN_S), sample.hidden["calcium"]
    # What is left of the time before the trial decays, and nothing else is added.
    left = (expected - of_trial).astype(float)
    decay = np.exp(-np.arange(300) * BIN_S / 0.4)[:, None]
    np.testing.assert_allclose(left, left[:, :1] * decay, atol=1e-4)
    assert (left[:, 0, 2] > 0).all()
    # 1.8e4 residuals: a noise that is off by 5 % fails with a power of 0.99.
    residuals = (sample.signals - expected - 2.0).ravel()
    assert kstest(residuals, "norm", (0, 0.3)).pvalue > 0.001
    again = made.sample(rates_hz, BIN_S, {}, stream(1, "calcium"))
    np.testing.assert_array_equal(again.signals, sample.signals)
    single = made.sample(rates_hz[:1, :1, 1:2], BIN_S, {}, stream(1, "calcium"))
    assert single.signals is not None
    assert single.signals.shape == (1, 1, 1)


def test_a_trial_does_not_begin_in_the_dark() -> None:
    rates_hz = np.full((4000, 60, 1), 5.0, np.float32)
    calcium = law(rise_s=0.05).sample(rates_hz, BIN_S, {}, stream(2, "calcium")).hidden["calcium"][..., 0]
    first, last = calcium[:, 0].astype(float), calcium[:, -1].astype(float)
    # 4000 trials, a mean with a standard error of 1 % at either end; e⁻⁵ of it is missing at the start.
    assert first.mean() == pytest.approx(last.mean(), rel=0.06)
    assert first.std() == pytest.approx(last.std(), rel=0.1)


def test_what_makes_no_transient_of_spikes_is_refused() -> None:
    with pytest.raises(ValidationError, match="a law that records spikes, and gaussian does not"):
        law(spikes={"kind": "gaussian", "sd_hz": 1.0})
    switching = {"density": 0.1, "excitatory": 0.5, "weight_sd": 0.3, "tau_s": 0.02, "states": 3}
    with pytest.raises(ValidationError, match="couplings that switch with discrete states are not seen"):
        law(spikes={"kind": "glm", "step_s": 0.001, "dead_s": 0, "post_spike": [], "coupling": switching})
    with pytest.raises(ValidationError, match=r"rise_s \(0.4\) must be shorter than decay_s \(0.4\)"):
        law(rise_s=0.4)
    with pytest.raises(ValueError, match=r"observation\.rates: some bin expects 2e\+03 spikes"):
        law().ensure_realises(np.array([1e5]), None, BIN_S)
    with pytest.raises(UsageError, match=r"observation\.rates: some bin expects 2e\+03 spikes"):
        law().sample(np.full((1, 1, 1), 1e5, np.float32), BIN_S, {}, stream(0, "calcium"))
