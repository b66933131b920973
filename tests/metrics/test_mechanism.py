"""Students of a part of known networks: what the metrics say beside what theory says."""

from dataclasses import replace

import numpy as np
import pytest

from ctdspec.dynamics.mechanism import rates_of_steps, slowest_time_s
from ctdspec.dynamics.population_student import population_student
from ctdspec.dynamics.stationary import stationary_covariance_of_steps
from ctdspec.metrics.mechanism import CYCLING, MECHANISM, MEMORY
from ctdspec.metrics.model import TrueSystem
from ctdspec.metrics.references import oracle_answer, oracle_model
from ctdspec.metrics.resting import told_apart
from ctdspec.metrics.score import estimates
from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.exchange import encode
from ctdspec.tasks.spontaneous import Spontaneous

BIN_S, N_SEEN = 0.05, 6
IDS = [metric.id for group in (MECHANISM, MEMORY, CYCLING) for metric in group.metrics]
TRIALS = {"train": 40, "val": 2, "test": 12}


def make_truth(system):
    flow = system.dynamics(Spontaneous(kind="spontaneous", trial_s=20.0, bin_s=BIN_S), None)
    rng, splits = np.random.default_rng(0), {}
    for name, n in TRIALS.items():
        states, latents = flow.initial_states(n, rng), np.empty((n, 400, flow.n_latents), np.float32)
        for t in range(400):
            states = flow.step(states, None, rng.standard_normal((n, *flow.noise_shape)))
            latents[:, t] = states
        splits[name] = SplitTruth(latents, np.ones((n, 400, N_SEEN), np.float32), np.ones((n, 400), bool))
    return Truth("digest", BIN_S, np.zeros(N_SEEN, bool), splits, system=TrueSystem(lambda: flow))


def answer_of(truth, step, n_seen=N_SEEN):
    splits = {
        name: SplitAnswer(split.rates_hz, split.latents[..., :n_seen]) for name, split in truth.splits.items()
    }
    dynamics = encode(lambda states, _: step(states), lambda states: states[:, :1] * 0 + 1, n_seen, 0, "none")
    return Answer("m", "digest", splits, dynamics=dynamics)


def values(answer, truth, model=None):
    found = estimates(answer, truth, IDS, 0, model)
    assert set(found) == set(IDS)
    return {name: estimate.value for name, estimate in found.items()}


@pytest.fixture(scope="module")
def low_rank(shipped_system):
    connectivity = {"kind": "lowrank_null", "rank": 1, "scale": 0.6}
    return shipped_system("lowrank_null", units=40, connectivity=connectivity, noise_sd=0.1)


@pytest.fixture(scope="module")
def truth(low_rank):
    return make_truth(low_rank)


def test_the_truth_is_what_its_construction_says(truth):
    found = values(oracle_answer(truth), truth, oracle_model(truth))
    # All eigenvalues of the weights are 0: every mode lasts one time constant, 1 s.
    assert (found["slowest_time_s"], found["slowness_octaves"], found["line_attractor_score"]) == (1, 0, 0)
    assert (found["attractor_dimension"], found["growing_modes"], found["cycling_share"]) == (0, 0, 0)
    assert found["spectrum_octaves"] == 0
    assert found["non_normality"] == pytest.approx(1, abs=1e-3)
    assert found["singular_overlap"] == pytest.approx(1, abs=1e-3)
    assert found["retention_excess"] == pytest.approx(0, abs=1e-3)
    # One standard error of a variance in 40 trials of 20 time constants is about 5 %.
    assert found["moment_mismatch"] < 0.2


def test_a_part_looks_like_a_line_attractor_that_theory_foretells(truth, low_rank):
    weights, dt = low_rank.weights.matrix, BIN_S
    step = np.eye(40) + dt * (weights - np.eye(40))
    covariance = stationary_covariance_of_steps(step, 0.01 * dt * np.eye(40))
    student = population_student(weights, covariance, np.arange(N_SEEN), 0.0)
    moved = np.eye(N_SEEN) + dt * (student - np.eye(N_SEEN))
    found = values(answer_of(truth, lambda states: states @ moved.T), truth)
    times = np.sort(-dt / np.log(np.abs(np.linalg.eigvals(moved))))[::-1]
    assert times[0] > 3
    assert found["slowest_time_s"] == pytest.approx(times[0], rel=1e-5)
    assert found["slowness_octaves"] == pytest.approx(np.log2(times[0]), abs=1e-4)
    assert found["line_attractor_score"] == pytest.approx(np.log2(times[0] / times[1]), abs=1e-3)
    assert found["spectrum_octaves"] == pytest.approx(np.mean(np.abs(np.log2(times[:5]))), abs=0.05)
    # It has the right covariance, and keeps too much of it: only the second tells that it is wrong.
    assert found["moment_mismatch"] < 0.25
    assert found["lag_mismatch"] > 0.5
    assert found["one_step_r2"] > 0.8
    assert found["growing_modes"] == 0
    truly = np.linalg.norm(np.linalg.matrix_power(step, 100)[:N_SEEN, :N_SEEN]) / np.sqrt(N_SEEN)
    kept = np.linalg.norm(np.linalg.matrix_power(moved, 100)) / np.sqrt(N_SEEN)
    assert found["retention_excess"] == pytest.approx(kept - truly, abs=0.05)


def test_a_model_that_does_not_rest_has_no_mechanism(truth):
    found = values(answer_of(truth, lambda states: states + 1.0), truth)
    assert all(np.isnan(value) for value in found.values())


def test_cycles_and_growth_are_seen(truth):
    def turning(states):
        a, b = states[:, :1], states[:, 1:2]
        speed = 1 - 50 * (a**2 + b**2)
        both = np.array([[0.0, 1.0], [-1.0, 0.0]])
        return states[:, :2] + 0.1 * (speed * states[:, :2] + states[:, :2] @ both)

    found = values(answer_of(truth, turning, 2), truth)
    assert found["growing_modes"] == 2
    assert found["cycling_share"] == 1
    assert np.isnan(found["attractor_dimension"])
    assert np.isnan(found["line_attractor_score"])


def test_other_coordinates_leave_what_is_said_to_be_left(truth):
    rng = np.random.default_rng(1)
    step = 0.95 * np.eye(N_SEEN) + 0.03 * rng.standard_normal((N_SEEN, N_SEEN))
    mix = np.eye(N_SEEN) + 0.3 * rng.standard_normal((N_SEEN, N_SEEN))
    plain = answer_of(truth, lambda states: states @ step.T)
    other = step @ np.eye(N_SEEN)
    moved = mix @ other @ np.linalg.inv(mix)
    mixed = answer_of(truth, lambda states: (states - 2.0) @ moved.T + 2.0)
    splits = {
        name: replace(split, states=(split.states @ mix.T + 2).astype(np.float32))
        for name, split in mixed.splits.items()
    }
    first, second = values(plain, truth), values(replace(mixed, splits=splits), truth)
    for metric in MECHANISM.metrics:
        if "affine" in metric.invariant_to:
            assert second[metric.id] == pytest.approx(first[metric.id], rel=1e-4, nan_ok=True)


def test_what_lasts_for_ever_and_what_is_gone_at_once_have_times():
    bin_s, nearest = 0.01, np.finfo(float).eps
    rates = told_apart(rates_of_steps(np.array([1.0, 1.1, 0.9, 0.0]), bin_s), bin_s)
    assert np.real(rates) == pytest.approx(
        [np.log(1.1) / bin_s, -nearest / bin_s, np.log(0.9) / bin_s, np.log(nearest) / bin_s]
    )
    assert slowest_time_s(rates) == pytest.approx(bin_s / nearest)
