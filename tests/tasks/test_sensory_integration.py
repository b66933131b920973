"""Sensory integration, judged by the areas of the published pulses and by integrators with known errors."""

import numpy as np
import pytest
from pydantic import ValidationError

from ctdspec.errors import CtdspecError
from ctdspec.resources import shipped
from ctdspec.seeds import stream
from ctdspec.spec.load import load
from ctdspec.tasks.sensory_integration import SensoryIntegration

# Start and end in steps of 0.01, and the values at both, from the paper's public code (Qian et al. 2024).
PUBLISHED = [
    (1000, 1200, 1, 1), (1250, 1450, -1, -1), (800, 950, -2, -2), (1600, 1800, 3, 3), (2200, 2400, 0.5, 0.5),
    (2600, 3000, 0, -3), (3500, 4500, 0.1, 0.1),
]  # fmt: skip


def integration(**changes):
    declared = load(shipped("specs") / "tasks/sensory_integration.yaml")[0].plain()
    return SensoryIntegration(**declared | changes)


def short(**changes):
    pulses = [{"start_s": 0.5, "end_s": 1.0, "first": 1.0, "last": 1.0}]
    return integration(trial_s=2.0, pulses=pulses, **changes)


def test_the_shipped_pulses_are_the_published_ones():
    trials = integration().sample(2, stream(1, "test"))
    expected = np.zeros(5000)
    for start, end, first, last in PUBLISHED:
        middles = (np.arange(start, end) + 0.5 - start) / (end - start)
        expected[start:end] = np.interp(middles, [0, 1], [first, last])
    for trial in range(2):
        np.testing.assert_allclose(trials.stimulus[trial, :, 0], expected, atol=1e-6)


def test_the_target_is_the_area_so_far():
    trials = integration(integral_of="stimulus").sample(1, stream(2, "test"))
    for step in (0, 799, 949, 1199, 2000, 2799, 4999):
        area = 0.0
        for start, end, first, last in PUBLISHED:
            share = np.clip((step + 1 - start) / (end - start), 0, 1)
            area += 0.01 * (end - start) * (first * share + (last - first) * share**2 / 2)
        assert trials.targets[0, step, 0] == pytest.approx(area, abs=1e-4)
    assert trials.targets[0, -1, 0] == pytest.approx(-1, abs=1e-4)


def test_what_is_received_is_integrated_if_declared():
    task = short(integral_of="input", input_noise_sd=2.0)
    trials = task.sample(3, stream(3, "test"))
    received = [[sum(trial[: t + 1, 0].astype(float)) * 0.01 for t in range(200)] for trial in trials.inputs]
    np.testing.assert_allclose(trials.targets[..., 0], received, atol=1e-5)
    noise = (trials.inputs - trials.stimulus).astype(float)
    assert noise.std() == pytest.approx(2, rel=5 / np.sqrt(2 * noise.size))
    assert task.ideal_accuracy() == 1


def test_a_perfect_integrator_is_as_good_as_theory_says():
    task = short(integral_of="stimulus", input_noise_sd=2.0, tolerance=0.2)
    trials = task.sample(16_000, stream(4, "test"))
    perfect = np.cumsum(trials.inputs, axis=1, dtype=float) * 0.01
    found = task.accuracy(perfect, trials)
    # The bound, 4 standard errors, is below 1 %: a tolerance that is off by 5 % is found with power over 0.9.
    error = found.std() / np.sqrt(16_000)
    assert error < 0.0025
    assert found.mean() == pytest.approx(task.ideal_accuracy(), abs=4 * error)
    assert 0.5 < task.ideal_accuracy() < 0.9


def test_a_leaky_integrator_is_wrong_as_soon_as_it_has_leaked_the_tolerance():
    quiet = short(integral_of="stimulus", input_noise_sd=0.0, tolerance=0.2)
    leaky, state = np.zeros((1, 200, 1)), 0.0
    trials = quiet.sample(1, stream(5, "test"))
    for t in range(200):
        state = state * np.exp(-0.01) + 0.01 * float(trials.stimulus[0, t, 0])
        leaky[0, t] = state
    # After 1 s the integral stays at 0.5 and the leaky one decays from 1 - exp(-0.5), until it is below 0.3.
    wrong_from = 1 + np.log((1 - np.exp(-0.5)) / 0.3)
    assert quiet.accuracy(leaky, trials)[0] == pytest.approx(wrong_from / 2, abs=0.011)
    assert quiet.ideal_accuracy() == 1


def test_random_signs_turn_each_pulse_over_in_half_of_the_trials():
    trials = integration(signs="random").sample(400, stream(6, "test"))
    plain = integration().sample(1, stream(6, "test")).stimulus[0, :, 0]
    middles = [(start + end) // 2 for start, end, *_ in PUBLISHED]
    signs = trials.stimulus[:, middles, 0] / plain[middles]
    assert set(np.unique(np.round(signs, 5))) == {-1, 1}
    # ±5 s.d.: a probability of 0.7 is found with power over 0.99.
    assert (abs(signs.mean(axis=0)) < 5 / np.sqrt(400)).all()
    correlations = np.corrcoef(signs.T)[np.triu_indices(7, 1)]
    assert (abs(correlations) < 5 / np.sqrt(400)).all()


def test_overlapping_pulses_add_up_and_fewer_bins_cut_the_trial_short():
    pulses = [
        {"start_s": 0.0, "end_s": 1.0, "first": 1.0, "last": 1.0},
        {"start_s": 0.5, "end_s": 1.5, "first": 2.0, "last": 2.0},
    ]
    task = integration(trial_s=2.0, pulses=pulses)
    trials = task.sample(1, stream(7, "test"), n_bins=120)
    np.testing.assert_array_equal(trials.stimulus[0, [0, 49, 50, 99, 100, 119], 0], [1, 1, 3, 3, 2, 2])
    assert trials.targets.shape == (1, 120, 1)
    starts = task.events(task.sample(1, stream(7, "test")).stimulus)["stimulus_start"].happens
    np.testing.assert_array_equal(np.flatnonzero(starts[0]), [0])


def test_shapes_dtypes_and_equal_streams():
    first, again = (short().sample(4, stream(8, "test")) for _ in range(2))
    for array in (first.stimulus, first.inputs, first.targets):
        assert array.shape == (4, 200, 1)
        assert array.dtype == np.float32
    assert first.scored.all()
    assert first.valid.all()
    np.testing.assert_array_equal(first.inputs, again.inputs)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ((1.0, 1.0), r"end_s \(1\) must be a bin or more after start_s \(1\)"),
        ((1.0, 2.5), r"end_s \(2.5\) must not be after the end of the trial \(2\)"),
    ],
)
def test_pulses_outside_the_trial_are_refused(times, message):
    pulse = {"start_s": times[0], "end_s": times[1], "first": 1.0, "last": 1.0}
    with pytest.raises(ValidationError, match=message):
        integration(trial_s=2.0, pulses=[pulse])


def test_the_error_names_the_pulse(tmp_path):
    from ctdspec.benchmark import load as load_benchmark

    path = tmp_path / "x.yaml"
    path.write_text(
        "ctdspec: 1\nkind: benchmark\nname: x\nseed: 0\nsystem: {use: systems/lorenz}\n"
        "task:\n  use: tasks/sensory_integration\n  trial_s: 10.0\n"
        "  pulses:\n    - {start_s: 0.0, end_s: 1.0, first: 1.0, last: 1.0}\n"
        "    - {start_s: 4.0, end_s: 3.0, first: 1.0, last: 1.0}\n"
    )
    with pytest.raises(CtdspecError, match=r"x.yaml:11:7  task.pulses\[1\]\n.*end_s \(3\) must be"):
        load_benchmark(path)
