import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import chi2

from ctdspec.observation.noises.refractory import Refractory
from ctdspec.seeds import stream


def refractory(dead_s, recovery_s, step_s=0.001):
    return Refractory(kind="refractory", dead_s=dead_s, recovery_s=recovery_s, step_s=step_s)


LAWS = [refractory(0.0, 0.0), refractory(0.002, 0.0), refractory(0.0015, 0.003), refractory(0.0, 0.005)]


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 1.0])
def test_every_step_has_its_rate_however_fast_that_changes(law, share):
    highest = share * law.highest_hz(0.001)
    profile = np.concatenate([[0, 0, 1, 1, 1, 0.1, 1], 0.5 + 0.5 * np.sin(np.arange(40) ** 1.5), np.ones(13)])
    rates = np.broadcast_to((highest * profile)[:, None], (1500, 60, 40)).astype(np.float32)
    sample = law.sample(rates, 0.001, {}, stream(0, "rate"))
    found, expected = sample.spikes.mean(axis=(0, 2)), highest * 0.001 * profile
    z2 = (found - expected)[expected > 0] ** 2 / (expected * (1 - expected) / 60_000)[expected > 0]
    # 60 000 trains: at half the highest rate, all steps off by 1 % are found with power > 0.99.
    assert chi2.sf(z2.sum(), len(z2)) > 1e-4
    total = expected.sum()
    assert abs(found.sum() - total) < 5 * np.sqrt(total / 60_000)
    assert np.isfinite(sample.hidden["intensity_hz"]).all()
    assert found[expected == 0].max(initial=0) == 0


@pytest.mark.parametrize(("dead_steps", "rate_hz"), [(0, 200), (2, 100), (4, 150)])
def test_long_windows_have_the_fano_factor_of_renewal_theory(dead_steps, rate_hz):
    law = refractory(dead_steps * 0.001, 0.0)
    spikes = law.sample(np.full((4000, 300, 4), rate_hz, np.float32), 0.01, {}, stream(0, "fano")).spikes
    counts = spikes[:, 1000:].sum(axis=1).ravel()
    # Intervals: the dead steps and a geometric number, so CV² = (1 − q) / (q mean)²; 16 000 trains have a
    # standard error of 1.1 % (the window of 2 s adds < 1 %): a Fano factor off by 8 % is found.
    mean = 1 / (rate_hz * 0.001)
    q = 1 / (mean - dead_steps)
    assert counts.var() / counts.mean() == pytest.approx((1 - q) / (q * mean) ** 2, rel=0.05)


def test_recovery_shapes_the_intervals():
    law, rate_hz = refractory(0.0015, 0.003), 60.0
    spikes = law.sample(np.full((40, 2000, 40), rate_hz, np.float32), 0.01, {}, stream(0, "hazard")).spikes
    trial, neuron, step = np.nonzero(spikes.transpose(0, 2, 1))
    same = (np.diff(trial) == 0) & (np.diff(neuron) == 0)
    intervals = np.diff(step)[same]
    ages = np.arange(1, 40)
    hazard = np.array([(intervals == age).sum() / (intervals >= age).sum() for age in ages])
    shape = 1 - np.exp(-np.maximum(ages * 0.001 - 0.0015, 0) / 0.003)
    shape[:2] = 0
    # The empirical hazard of 1.9 million intervals: 1 % off at the plateau would show.
    plateau = hazard[25:].mean()
    np.testing.assert_allclose(hazard, plateau * shape, atol=0.02 * plateau)


def test_highest_rate_is_that_of_theory():
    assert refractory(0.002, 0.0, 0.0001).highest_hz(0.01) == pytest.approx(0.99 / 0.0021)
    # ∫ 1 − w = dead + recovery; a sum has one step more, less half a step as the recovery begins.
    assert refractory(0.002, 0.003, 0.0001).highest_hz(0.01) == pytest.approx(0.99 / 0.00505, rel=0.002)


def test_a_memory_of_many_steps_is_refused():
    with pytest.raises(
        ValidationError, match=r"take 706 steps, more than 400; set step_s to at least 0.00018"
    ):
        refractory(0.0015, 0.01, 0.0001)
