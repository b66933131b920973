import numpy as np
import pytest
from scipy.signal import lfilter

from ctdspec.errors import UsageError
from ctdspec.metrics.invariant_measure import (
    LongRunSettings,
    binned_divergence,
    kernel_divergence,
    long_run_distances,
    spectral_hellinger,
)
from ctdspec.seeds import stream
from ctdspec.systems.lorenz import Lorenz
from ctdspec.tasks.spontaneous import Spontaneous

SETTINGS = LongRunSettings(n_bins=30, kernel_sd=0.3, n_samples=500, smoothing=5, n_splits=10)


def clouds(n, shift, n_latents=2):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, n_latents)), rng.standard_normal((n, n_latents)) + shift


def test_binned_divergence_of_normal_clouds_is_the_analytic_one():
    # KL = |shift|² / 2; cells of a third of a sd and 10⁶ points leave an error below 3 %.
    points, others = clouds(10**6, (0.6, 0.3))
    assert binned_divergence(points, others, 30) == pytest.approx(0.45 / 2, rel=0.03)


def test_binned_divergence_agrees_with_a_dense_histogram():
    points, others = clouds(2000, 0.5, 3)
    low, high = points.min(axis=0) - 0.1 * points.std(axis=0), points.max(axis=0) + 0.1 * points.std(axis=0)
    box = list(zip(low, high, strict=True))
    p, q = (np.histogramdd(cloud, 10, box)[0].ravel() for cloud in (points, others))
    p, q = (np.append(part, 2000 - part.sum()) + 1e-5 for part in (p, q))
    p, q = p / p.sum(), q / q.sum()
    assert binned_divergence(points, others, 10) == pytest.approx(np.sum(p * np.log(p / q)))


def test_states_that_run_away_are_far():
    points, others = clouds(20_000, 0)
    others[2000:] = np.inf
    others[10_000:] = 1e300
    assert binned_divergence(points, others, 10) == pytest.approx(np.log(10), abs=0.05)


def test_kernel_divergence_of_normal_clouds_is_the_analytic_one():
    # Blurred normal clouds have KL = |shift|² / (2 (1 + sd²)); 2000 draws know it to about 0.03.
    points, others = clouds(8000, (0.8, 0.4))
    found = kernel_divergence(points, others, 0.5, 2000, np.random.default_rng(1))
    assert found == pytest.approx(0.8 / (2 * 1.25), abs=0.08)
    assert kernel_divergence(points, others * np.inf, 0.5, 10, np.random.default_rng(1)) == np.inf


def autoregression(coefficient, n_trials, n_bins, seed):
    noise = np.random.default_rng(seed).standard_normal((n_trials, n_bins + 100, 1))
    return lfilter([1], [1, -coefficient], noise, axis=1)[:, 100:]


def test_hellinger_distance_of_autoregressions_is_the_analytic_one():
    frequency = np.linspace(0, np.pi, 20_001)
    p, q = (1 / (1 - 2 * a * np.cos(frequency) + a**2) for a in (0.8, 0.3))
    exact = np.sqrt(1 - np.sum(np.sqrt(p / p.sum() * q / q.sum())))
    first, second = autoregression(0.8, 50, 2000, 0), autoregression(0.3, 50, 2000, 1)
    assert spectral_hellinger(first, second, 5) == pytest.approx(exact, abs=0.01)


def test_hellinger_distance_ignores_scale_and_offset_and_is_one_without_overlap():
    first = autoregression(0.8, 5, 400, 0)
    assert spectral_hellinger(first, 7 - 3 * first, 5) == pytest.approx(0, abs=1e-6)
    time = 2 * np.pi * np.arange(400)[None, :, None] / 400
    assert spectral_hellinger(np.sin(10 * time), np.sin(60 * time), 0) == pytest.approx(1)
    assert spectral_hellinger(first, 0 * first, 5) == 1


def lorenz(n_trials, n_bins, seed):
    spec = Lorenz(
        kind="lorenz", sigma=10.0, rho=28.0, beta=8 / 3, time_unit_s=1.0, integrator="rk4",
        steps_per_bin=1, noise_sd=0.0, burn_in_s=10.0,
    )  # fmt: skip
    dynamics = spec.dynamics(Spontaneous(kind="spontaneous", trial_s=1.0, bin_s=0.02), None)
    states = dynamics.initial_states(n_trials, stream(seed, "long runs"))
    latents = np.empty((n_trials, n_bins, 3))
    for t in range(n_bins):
        states = dynamics.step(states, None)
        latents[:, t] = states
    return latents


LORENZ = lorenz(20, 2000, 0)


def compared(modelled, latents=LORENZ):
    return long_run_distances(latents, modelled, SETTINGS, np.random.default_rng(0))


def test_another_run_is_at_the_floor():
    found = compared(lorenz(20, 2000, 1))
    for distance in found.values():
        assert distance.floor.low < distance.value.value < distance.floor.high


def test_shuffled_bins_have_the_states_but_not_the_rhythm():
    found = compared(np.random.default_rng(0).permuted(LORENZ.transpose(1, 0, 2), axis=0).transpose(1, 0, 2))
    mixed = compared(LORENZ[:, np.random.default_rng(0).permutation(2000)])
    states, spectra = mixed["state_divergence"], mixed["spectral_hellinger"]
    assert states.value.value == pytest.approx(states.floor.value, rel=0.05)
    assert spectra.value.low > 3 * spectra.floor.high
    # Shuffling every dimension by itself loses the shape as well.
    assert found["state_divergence"].value.low > 3 * found["state_divergence"].floor.high


def test_a_fixed_point_is_far_from_chaos():
    found = compared(np.broadcast_to([8.0, 8.0, 27.0], LORENZ.shape))
    assert found["state_divergence"].value.low > 5
    assert found["spectral_hellinger"].value.value == 1


def test_many_dimensions_take_kernels():
    rng = np.random.default_rng(0)
    latents, same, moved = (rng.standard_normal((10, 100, 7)) for _ in range(3))
    near, far = compared(same, latents), compared(moved + 1, latents)
    assert near["state_divergence"].value.value < near["state_divergence"].floor.high + 0.1
    assert far["state_divergence"].value.low > near["state_divergence"].value.high


def test_unequal_runs_are_refused():
    with pytest.raises(UsageError, match="as many trials and bins"):
        compared(LORENZ[:, :100])
