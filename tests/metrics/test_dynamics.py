"""Answers that bring dynamics, some of them built to fool a metric: each has its rank."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from array_api_compat import array_namespace

from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.dynamics.fixed_point_search import Search
from ctdspec.metrics.case import Case
from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.fixed_points import PointSet
from ctdspec.metrics.mechanism import CYCLING, MECHANISM, MEMORY
from ctdspec.metrics.model import KnownExponents, KnownFixedPoints, TrueSystem
from ctdspec.metrics.references import oracle_answer, oracle_model
from ctdspec.metrics.score import estimates, reference_estimates
from ctdspec.metrics.truth import SplitTruth, Truth
from ctdspec.submissions.answer import Answer, SplitAnswer
from ctdspec.submissions.exchange import InputKind, encode

N_BINS, BIN_S, DT = 60, 0.02, 0.1
N_TRIALS = {"train": 30, "val": 2, "test": 12}
MIX = np.array([[1.0, 0.4, -0.2], [-0.3, 1.2, 0.5], [0.2, -0.6, 0.9]])
OFFSET = np.array([3.0, -1.0, 0.5])
JUNK = 0.97 * np.array([[np.cos(0.3), np.sin(0.3)], [-np.sin(0.3), np.cos(0.3)]])


def two_wells(x, drive):
    """Two wells along the first axis, kicked by the input; around them the others turn and come to rest."""
    a, b, c = x[:, :1], x[:, 1:2], x[:, 2:]
    return x + DT * concat([a - a**3, a - b + c, 2 * a - 2 * b - c]) + drive @ np.array([[0.9, 0, 0]])


def henon(x, drive):
    """The map of Hénon (1976), whose largest exponent is 0.4192 per step (Sprott 2003)."""
    return concat([1 - 1.4 * x[:, :1] ** 2 + x[:, 1:], 0.3 * x[:, :1]])


def concat(parts):
    return array_namespace(parts[0]).concat(parts, axis=1)


class Known(Dynamics):
    """A step that the test has written."""

    def __init__(self, step: Any, n_latents: int, noise_sd: float) -> None:
        self._step, self._n_latents, self.noise_sd = step, n_latents, noise_sd

    @property
    def n_latents(self) -> int:
        return self._n_latents

    @property
    def noise_shape(self) -> tuple[int, ...]:
        return (self._n_latents,)

    def initial_states(self, n_trials: int, rng: np.random.Generator) -> np.ndarray:
        return 0.1 * rng.standard_normal((n_trials, self._n_latents))

    def step(self, states: Any, inputs: Any, noise: Any = None) -> Any:
        after = self._step(states, inputs)
        return after if noise is None else after + self.noise_sd * noise

    def readout(self, states: Any) -> Any:
        return states[..., :0]

    def parameters(self) -> Mapping[str, np.ndarray]:
        return {}


def make_truth(step, n_latents, n_inputs, noise_sd, **found):
    dynamics, rng, splits = Known(step, n_latents, noise_sd), np.random.default_rng(0), {}
    for name, n in N_TRIALS.items():
        stimulus = rng.choice([-1.0, 0, 1], (n, N_BINS, n_inputs), p=[0.04, 0.92, 0.04])
        states, latents = dynamics.initial_states(n, rng), np.empty((n, N_BINS, n_latents))
        for t in range(-20, N_BINS):
            drive = stimulus[:, t] if t >= 0 else np.zeros((n, n_inputs))
            states = dynamics.step(states, drive, rng.standard_normal((n, n_latents)))
            latents[:, max(t, 0)] = states
        valid = np.arange(N_BINS) < rng.integers(50, N_BINS + 1, (n, 1))
        rates_hz = np.full((n, N_BINS, 2), 5.0, np.float32)
        inputs = stimulus if n_inputs else None
        splits[name] = SplitTruth(latents, rates_hz, valid, inputs=inputs, stimulus=inputs)
    system = TrueSystem(lambda: dynamics, **found)
    return Truth("digest", BIN_S, np.array([False, True]), splits, system=system)


def wells_points():
    """Analytic: x = y = -1, 0, 1 and z = 0; one direction of the middle one grows."""
    points = np.array([[-1.0, -1, 0], [0, 0, 0], [1, 1, 0]])
    eigenvalues = []
    for x in points[:, 0]:
        jacobian = [[1 - 3 * x * x, 0, 0], [1, -1, 1], [2, -2, -1]]
        eigenvalues.append(np.linalg.eigvals(np.eye(3) + DT * np.array(jacobian)).astype(complex))
    search = Search(visited_starts=20, segment_starts=60, rounds=4)
    return KnownFixedPoints(PointSet(points, np.array(eigenvalues)), np.zeros(1), search)


@cache
def wells():
    return make_truth(two_wells, 3, 1, 0.03, fixed_points=wells_points())


@cache
def chaos():
    known = KnownExponents(np.array([0.4192, np.log(0.3) - 0.4192]) / BIN_S, n_bins=500, transient_bins=50)
    return make_truth(henon, 2, 0, 0.0, exponents=known)


def brought(truth, states_of, step, inputs: InputKind = "stimulus", inferred_of=None):
    """Give an answer of states (trial, time, state) and a step of theirs."""
    splits, width = {}, states_of(truth.splits["test"]).shape[2]
    for name, split in truth.splits.items():
        states = states_of(split).astype(np.float32)
        inferred = None if inferred_of is None else inferred_of(split).astype(np.float32)
        splits[name] = SplitAnswer(split.rates_hz, states, inferred)
    n_inputs = 0 if inputs == "none" else 1
    dynamics = encode(step, lambda states: states[:, :2] * 0 + 5.0, width, n_inputs, inputs)
    return Answer("method", "digest", splits, given_inputs=True, dynamics=dynamics)


def turned(states, back=False):
    return (states - OFFSET) @ np.linalg.inv(MIX) if back else states @ MIX + OFFSET


def with_junk(split):
    steps, junk = np.random.default_rng(1).standard_normal((*split.valid.shape, 2)), []
    for t in range(N_BINS):
        junk.append((junk[-1] @ JUNK if junk else 0) + steps[:, t])
    return np.concatenate([split.latents, np.stack(junk, axis=1)], axis=2)


def latents(split):
    return split.latents


def backwards(x, drive):
    return 2 * x - two_wells(x, drive)


def shuffled(split):
    return np.roll(split.latents, 1, axis=0)


@cache
def answers():
    truth = wells()
    made = {
        "truth": brought(truth, latents, two_wells),
        "turned": brought(
            truth, lambda s: turned(s.latents), lambda x, u: turned(two_wells(turned(x, back=True), u))
        ),
        "inferred": brought(
            truth, latents, lambda x, u: two_wells(x, (u - 1) * 0.5), "inferred", lambda s: 2 * s.stimulus + 1
        ),
        "junk": brought(
            truth, with_junk, lambda x, u: concat([two_wells(x[:, :3], u), x[:, 3:] @ JUNK])
        ),
        "no inputs": brought(truth, latents, lambda x, u: two_wells(x, x[:, :1] * 0), "none"),
        "identity": brought(truth, latents, lambda x, u: x + 0.0 * u),
        "backwards": brought(truth, latents, backwards),
        "one well": brought(truth, latents, lambda x, u: x * 0.9 + 0.0 * u),
        "shuffled": brought(truth, shuffled, two_wells),
        "exploding": brought(truth, latents, lambda x, u: x * 1e300 + 0.0 * u),
        "following inputs": brought(truth, latents, lambda x, u: x * 0.0 + u, "inferred", latents_as_inputs),
    }  # fmt: skip
    return made


def latents_as_inputs(split):
    """The first latent, one bin ahead, handed in as an input: a step that is right and knows nothing."""
    return split.latents[..., :1]


SAME = ["truth", "turned", "inferred", "junk"]
RANKS = {
    # Thirty trials leave some of the junk in the map from states to latents.
    "flow_cosine": (0.03, [SAME, ["no inputs"], ["one well"], ["identity"], ["backwards"]]),
    "flow_r2": (0.07, [SAME, ["no inputs"], ["identity"], ["backwards"], ["exploding"]]),
    "flow_cosine_off": (0.03, [SAME, ["one well"], ["identity"], ["backwards"]]),
    "flow_r2_off": (0.07, [SAME, ["identity"], ["backwards"], ["exploding"]]),
    "forecast_r2": (0.02, [SAME, ["no inputs"], ["following inputs", "exploding"]]),
    "valid_time_s": (0.02, [SAME, ["no inputs"], ["backwards"], ["exploding", "following inputs"]]),
    "fixed_point_f1": (0.02, [[*SAME, "no inputs", "backwards"], ["one well"], ["identity"]]),
    "fixed_point_precision": (0.02, [[*SAME, "no inputs", "backwards", "one well"], ["identity"]]),
    "fixed_point_recall": (0.02, [[*SAME, "no inputs", "backwards"], ["one well"]]),
    "fixed_point_distance": (0.02, [[*SAME, "no inputs", "backwards"]]),
    "fixed_point_stability": (0.02, [[*SAME, "no inputs"], ["backwards", "one well"]]),
    # Junk that decays slowly has eigenvalues that the truth has not.
    "fixed_point_eigenvalues": (0.01, [["truth", "turned", "inferred"], ["junk"], ["backwards"]]),
    "basin_agreement": (0.05, [[*SAME, "no inputs"], ["one well", "exploding", "backwards"]]),
}
"""From best to worst; answers in a row differ by no more than the tolerance, others by more."""
LONG = ("lyapunov_error_hz", "state_divergence", "spectral_hellinger")


@pytest.fixture(scope="module")
def scored():
    found: dict[str, dict[str, float]] = {}
    for name, answer in answers().items():
        for metric, estimate in estimates(answer, wells(), list(RANKS), seed=0).items():
            sign = 1 if METRICS[metric].direction == "higher" else -1
            found.setdefault(metric, {})[name] = sign * estimate.value
    return found


@pytest.mark.parametrize("metric", RANKS)
def test_every_answer_has_its_rank(metric, scored):
    tolerance, rows = RANKS[metric]
    values = [[scored[metric][name] for name in row] for row in rows]
    table = "\n".join(f"{name:15} {value:8.3f}" for name, value in scored[metric].items())
    assert not np.isnan([value for row in values for value in row]).any(), table
    for row in values:
        assert max(row) - min(row) <= tolerance, table
    for better, worse in pairwise(values):
        assert min(better) > max(worse) + tolerance, table


def test_every_metric_of_dynamics_is_attacked():
    mechanisms = {metric.id for group in (MECHANISM, MEMORY, CYCLING) for metric in group.metrics}
    of_dynamics = {name for name in METRICS if "dynamics" in METRICS[name].needs}
    assert of_dynamics - mechanisms == {*RANKS, *LONG}, "those of mechanisms have tests of their own"


def test_the_truth_is_perfect_where_nothing_is_random(scored):
    for metric in ("flow_cosine", "flow_r2", "fixed_point_f1", "fixed_point_stability", "basin_agreement"):
        assert scored[metric]["truth"] == pytest.approx(1, abs=1e-3)
    assert scored["flow_cosine"]["backwards"] < -0.9


def test_oracle_and_chance_bring_dynamics():
    found = reference_estimates(wells(), list(RANKS), seed=0)
    assert set(found.ceiling) == set(RANKS)
    for metric in ("flow_cosine", "forecast_r2", "fixed_point_f1", "basin_agreement"):
        assert found.ceiling[metric].value > found.chance[metric].value + 0.4
    assert found.ceiling["fixed_point_distance"].value == pytest.approx(0, abs=1e-9)


def noise(array, rng):
    return 0.2 * rng.standard_normal(array.shape)


def test_the_posterior_sets_the_ceiling_of_forecasts():
    """States that are off by a known error, moved by the truth, are worse than the oracle."""
    rng, truth = np.random.default_rng(3), wells()
    oracle = oracle_answer(truth)
    blurred = {
        name: replace(
            oracle.splits[name], states=true.latents + 0.2 * rng.standard_normal(true.latents.shape)
        )
        for name, true in truth.splits.items()
    }
    metrics = ["forecast_r2", "valid_time_s"]
    exact = estimates(oracle, truth, metrics, 0, oracle_model(truth))
    blurry = estimates(replace(oracle, splits=blurred), truth, metrics, 0, oracle_model(truth))
    assert 0.3 < blurry["forecast_r2"].value < exact["forecast_r2"].value
    assert blurry["valid_time_s"].value < exact["valid_time_s"].value


def test_a_metric_that_nothing_is_there_for_has_no_row():
    truth, answer = wells(), answers()["truth"]
    assert not estimates(replace(answer, dynamics=None), truth, list(RANKS), 0)
    assert not estimates(answer, replace(truth, system=None), list(RANKS), 0)
    assert not set(estimates(answer, truth, list(METRICS), 0)) & set(LONG)
    bare = replace(truth, system=TrueSystem(lambda: pytest.fail("the system was not to be built")))
    assert not Case(answer, bare, 0).has & {"fixed_points", "exponents"}


def test_long_runs_of_a_chaotic_map():
    truth = chaos()
    turn = MIX[:2, :2]
    made = {
        "truth": brought(truth, latents, henon, "none"),
        "turned": brought(
            truth, lambda s: s.latents @ turn, lambda x, u: henon(x @ np.linalg.inv(turn), u) @ turn, "none"
        ),
        "calm": brought(truth, latents, lambda x, u: x * 0.9, "none"),
        "exploding": brought(truth, latents, lambda x, u: x * 1e300, "none"),
    }
    found = {name: estimates(answer, truth, list(LONG), 0) for name, answer in made.items()}
    # Five runs of 500 steps know the exponent to about 0.01 per step.
    assert found["truth"]["lyapunov_error_hz"].value < 0.03 / BIN_S
    assert found["calm"]["lyapunov_error_hz"].value == pytest.approx((0.4192 - np.log(0.9)) / BIN_S, rel=1e-3)
    for metric in LONG[1:]:
        value = {name: scores[metric].value for name, scores in found.items()}
        assert value["turned"] == pytest.approx(value["truth"], rel=0.3, abs=0.05)
        assert value["calm"] > 2 * value["truth"]
        assert value["exploding"] > 2 * value["truth"]


def test_dsa_has_its_floor_and_its_chance():
    truth, names = chaos(), ["dsa_angular", "dsa_spectral"]
    references = reference_estimates(truth, names, 0)
    answer = brought(truth, lambda split: split.latents @ MIX[:2, :2] + 3, henon, "none")
    found = estimates(answer, truth, names, 0)
    for name in names:
        floor = references.ceiling[name].value
        assert 0 < floor < references.chance[name].value
        assert found[name].value == pytest.approx(floor, rel=0.1)
