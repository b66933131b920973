"""Students of a network: the teacher, where they see all of it; elsewhere what theory says."""

import numpy as np
import pytest

from ctdspec.dynamics.lagged import companion, lagged_covariances, yule_walker
from ctdspec.dynamics.mechanism import rates_of_steps
from ctdspec.dynamics.population_student import population_student
from ctdspec.dynamics.stationary import stationary_covariance_of_steps
from ctdspec.errors import MethodError
from ctdspec.methods.bptt import Bptt
from ctdspec.methods.cornn import Cornn
from ctdspec.methods.covariance_subspace import CovarianceSubspace
from ctdspec.methods.force import Force
from ctdspec.methods.lds import Lds
from ctdspec.methods.map_ridge import MapRidge
from ctdspec.methods.vector_autoregression import VectorAutoregression
from ctdspec.store.recording import Recording, SplitRecording
from ctdspec.submissions.runnable import RunnableDynamics

BIN_S, SHARE = 0.02, 0.2  # a bin, and a = bin / time constant
UNIT = {"time_constant_s": 0.1, "phi": "identity"}
TEACHER = np.array([[0.0, 3.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0], [0.0, 0.0, 0.0, 2.5], [0.02, 0.0, 0.0, 0.1]])
RAW = {"transform": "none", "floor_hz": 0.0, "smoothing_s": 0.0}


def simulated(weights, n_trials, n_bins, phi=np.array, form="leaky_current", drive=0.0, noise=0.05):
    rng, n = np.random.default_rng(0), len(weights)
    stimulus = rng.standard_normal((n_trials, n_bins, 1)) * (drive != 0)
    states, kept = np.zeros((n_trials, n)), np.empty((n_trials, n_bins, n))
    for t in range(-100, n_bins):
        given = stimulus[:, max(t, 0)] * drive
        moved = phi(states) @ weights.T if form == "leaky_current" else phi(states @ weights.T)
        states = states + SHARE * (moved - states + given) + noise * rng.standard_normal(states.shape)
        if t >= 0:
            kept[:, t] = states
    return kept, stimulus


def recording(states, stimulus, observed=slice(None), rates_of=lambda x: 10 + x, noise=0.0):
    signals = rates_of(states[..., observed])
    signals = (signals + noise * np.random.default_rng(5).standard_normal(signals.shape)).astype(np.float32)
    parts = np.split(np.arange(len(states)), [len(states) - 4, len(states) - 2])
    splits = {
        name: SplitRecording(
            None,
            stimulus[rows].astype(np.float32),
            np.ones(states[rows].shape[:2], bool),
            signals=signals[rows],
        )
        for name, rows in zip(("train", "val", "test"), parts, strict=True)
    }
    n = signals.shape[2]
    return Recording("d", BIN_S, np.zeros(n, bool), splits, np.arange(n), np.full(n, "all"), "rates")


def jacobian(answer):
    states = answer.splits["test"].states
    dynamics = RunnableDynamics(answer.dynamics, states.shape[2])
    n_inputs = 1 if answer.given_inputs else 0
    origin = np.zeros((1, states.shape[2]))
    moved = dynamics.step(1e-6 * np.eye(states.shape[2]), np.zeros((states.shape[2], n_inputs)))
    return ((moved - dynamics.step(origin, np.zeros((1, n_inputs)))) / 1e-6).T


@pytest.fixture(scope="module")
def whole():
    return simulated(TEACHER, 24, 1500, drive=0.1)


STEP = np.eye(4) + SHARE * (TEACHER - np.eye(4))


def student_of(cls, kind, activity=RAW, inputs="none", **fields):
    document = {"kind": kind, "name": kind, "activity": activity, "inputs": inputs, **fields}
    return cls.model_validate(document)


@pytest.mark.parametrize(
    "student",
    [
        student_of(MapRidge, "map_ridge", inputs="given", unit=UNIT, ridge=1e-3, gram="sum"),
        student_of(VectorAutoregression, "vector_autoregression", inputs="given", order=1, ridge=0.0),
        student_of(Force, "force", inputs="given", unit=UNIT, gain=1.5, ridge=1e-2, passes=2, trials=8),
    ],
    ids=lambda student: student.kind,
)
def test_a_student_that_sees_everything_is_the_teacher(whole, student):
    # FORCE runs by itself, so that to it all noise since the first bin of a trial is an error.
    data = simulated(TEACHER, 24, 1500, drive=0.1, noise=0.002) if student.kind == "force" else whole
    answer = student.fit(recording(*data), 0)
    # One standard error of an entry is below 0.004.
    assert jacobian(answer) == pytest.approx(STEP, abs=0.05 if student.kind == "force" else 0.02)
    assert answer.given_inputs
    rates, seen = answer.splits["test"].rates_hz, 10 + data[0][-2:]
    assert rates == pytest.approx(seen, abs=1e-3)


def test_cornn_and_bptt_learn_units_that_saturate():
    weights = np.array([[0.5, 1.2, 0.0], [-1.2, 0.5, 0.0], [0.8, 0.0, 0.2]])
    states, stimulus = simulated(weights, 30, 600, phi=np.tanh, form="leaky_rate")
    student = student_of(Cornn, "cornn", time_constant_s=0.1, ridge=0.0, iterations=300)
    # The noise of the state is 0.25 in units of the target, so that few targets are clipped.
    found = (jacobian(student.fit(recording(states, stimulus), 0)) - (1 - SHARE) * np.eye(3)) / SHARE
    assert found == pytest.approx(weights, abs=0.2)


def test_bptt_finds_the_weights_of_a_tanh_network():
    weights = np.array([[0.5, 1.5], [-1.5, 0.5]])
    states, stimulus = simulated(weights, 12, 200, phi=np.tanh)
    student = student_of(Bptt, "bptt", unit={**UNIT, "phi": "tanh"}, hidden=0,
        initial_sd=0.1, window_bins=50, teacher_forcing=0.5, epochs=25, batch=12, learning_rate=0.02,
        momentum=0.9, clip=10.0,
    )  # fmt: skip
    found = (jacobian(student.fit(recording(states, stimulus), 0)) - (1 - SHARE) * np.eye(2)) / SHARE
    assert found == pytest.approx(weights, abs=0.2)


def test_hidden_units_are_states_too():
    states, stimulus = simulated(TEACHER / 3, 12, 60)
    student = student_of(Bptt, "bptt", unit=UNIT, hidden=3, initial_sd=0.3, window_bins=30,
        teacher_forcing=1.0, epochs=2, batch=8, learning_rate=0.01, momentum=0.0, clip=1.0,
    )  # fmt: skip
    answer = student.fit(recording(states, stimulus, slice(0, 2)), 0)
    assert answer.splits["test"].states.shape == (2, 60, 5)
    again = student.fit(recording(states, stimulus, slice(0, 2)), 0)
    assert np.array_equal(answer.splits["test"].states, again.splits["test"].states)


def part_of_chain():
    """Give steps and covariance of a chain of which only the first three units are seen."""
    step = np.eye(8) + SHARE * (1.5 * np.eye(8, k=1) - np.eye(8))
    return step, stationary_covariance_of_steps(step, 0.05**2 * np.eye(8))


def test_finite_data_approach_the_limit_of_infinite_data():
    step, covariance = part_of_chain()
    weights = (step - (1 - SHARE) * np.eye(8)) / SHARE
    data = recording(*simulated(weights, 60, 1500), slice(0, 3))
    ridge = student_of(MapRidge, "map_ridge", unit=UNIT, ridge=0.0, gram="mean")
    limit = population_student(weights, covariance, np.arange(3), 0.0)
    found = (jacobian(ridge.fit(data, 0)) - (1 - SHARE) * np.eye(3)) / SHARE
    # One standard error is about 0.02.
    assert found == pytest.approx(limit, abs=0.1)
    auto = student_of(VectorAutoregression, "vector_autoregression", order=3, ridge=0.0)
    lagged = lagged_covariances(step, covariance, range(4))[:, :3, :3]
    assert jacobian(auto.fit(data, 0)) == pytest.approx(companion(yule_walker(lagged, 0.0)), abs=0.03)


def test_logarithms_undo_an_exponential_link_and_scaling_keeps_the_law(whole):
    data = recording(*whole, rates_of=lambda x: 5 * np.exp(0.3 * x))
    activity = {"transform": "log", "floor_hz": 1e-3, "smoothing_s": 0.0, "sd": 0.4}
    student = student_of(
        MapRidge, "map_ridge", activity=activity, inputs="given", unit=UNIT, ridge=0.0, gram="sum"
    )
    answer = student.fit(data, 0)
    assert jacobian(answer) == pytest.approx(STEP, abs=0.02)
    assert np.sqrt(np.mean(answer.splits["train"].states ** 2)) == pytest.approx(0.4, rel=1e-3)
    assert answer.splits["test"].rates_hz == pytest.approx(data.splits["test"].signals, rel=1e-4)


def test_the_same_ridge_is_stronger_beside_a_mean(whole):
    sizes = []
    for gram in ("sum", "mean"):
        student = student_of(
            MapRidge, "map_ridge", activity=RAW, inputs="given", unit=UNIT, ridge=1.0, gram=gram
        )
        weights = (jacobian(student.fit(recording(*whole), 0)) - (1 - SHARE) * np.eye(4)) / SHARE
        sizes.append(np.linalg.norm(weights))
    assert sizes[1] < 0.5 * sizes[0]


@pytest.mark.parametrize("kind", ["lds", "covariance_subspace"])
def test_hidden_state_models_find_the_modes_that_a_noisy_part_shows(kind):
    # Two of the four states are seen, with noise; the time constants are those of all four.
    rates = np.array([-1.0, -4.0])
    mixing = np.array([[1.0, 0.5], [0.3, 1.0], [-0.6, 0.8], [0.9, -0.2]])
    rng, step = np.random.default_rng(1), np.exp(rates * BIN_S)
    states = np.zeros((40, 800, 2))
    for t in range(1, 800):
        states[:, t] = states[:, t - 1] * step + rng.standard_normal((40, 2)) * np.sqrt(1 - step**2)
    data = recording(states @ mixing.T, np.zeros((40, 800, 0)), noise=0.5)
    student = (
        student_of(Lds, "lds", latents=2, iterations=30)
        if kind == "lds"
        else student_of(CovarianceSubspace, "covariance_subspace", latents=2, lag_s=0.1, blocks=3)
    )
    answer = student.fit(data, 0)
    found = rates_of_steps(np.linalg.eigvals(jacobian(answer)), BIN_S).real
    # The standard error of a rate r in T seconds is about sqrt(2 r / T): 6 % of the slow one.
    assert found == pytest.approx(rates, rel=0.25)
    course = answer.parameters.get("train_log_likelihood", [0.0, 1.0])
    assert np.all(np.diff(course) > -1e-6 * np.abs(course[-1]))


def test_what_cannot_be_fitted_is_refused(whole):
    from dataclasses import replace

    data = recording(*whole)
    missing = data.splits["train"].signals.copy()
    missing[0, :, 1] = np.nan
    broken = replace(data, splits={**data.splits, "train": replace(data.splits["train"], signals=missing)})
    student = student_of(MapRidge, "map_ridge", unit=UNIT, ridge=0.0, gram="sum")
    with pytest.raises(MethodError, match="neurons are missing in some train trials"):
        student.fit(broken, 0)
    lds = student_of(Lds, "lds", latents=9, iterations=2)
    with pytest.raises(MethodError, match="found 9 latents, but it starts from components of 4 neurons"):
        lds.fit(data, 0)
    turned = np.zeros((12, 200, 1))
    rng = np.random.default_rng(0)
    for t in range(200):
        turned[:, t] = rng.standard_normal((12, 1)) - (0.8 * turned[:, t - 5] if t >= 5 else 0)
    subspace = student_of(CovarianceSubspace, "covariance_subspace", latents=1, lag_s=0.1, blocks=2)
    with pytest.raises(MethodError, match="change sign within lag_s"):
        subspace.fit(recording(turned, np.zeros((12, 200, 0))), 0)
