import numpy as np
import pytest

from ctdspec.dynamics.integrate import rk4
from ctdspec.metrics.alignment import Alignment
from ctdspec.metrics.bootstrap import trial_weights
from ctdspec.metrics.flow import Visits, displaced, flow_agreement
from ctdspec.metrics.linear_map import LinearMap

DT = 0.005
N_TRIALS, N_BINS = 30, 200
WEIGHTS = trial_weights(N_TRIALS, np.random.default_rng(1), 200)
SAME = Alignment.identity(3)


def field(states):
    x, y, z = states[..., 0], states[..., 1], states[..., 2]
    return np.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z], axis=-1)


def step(states, inputs):
    return rk4(field, states, DT) + inputs


def trajectories():
    rng = np.random.default_rng(0)
    states = rng.standard_normal((N_TRIALS, 3)) * 8 + [0, 0, 25]
    inputs = 0.3 * rng.standard_normal((N_TRIALS, N_BINS, 3))
    latents = np.empty((N_TRIALS, N_BINS, 3))
    for t in range(N_BINS):
        states = step(states, inputs[:, t])
        latents[:, t] = states
    return latents, inputs


LATENTS, INPUTS = trajectories()
VISITS = Visits(LATENTS, INPUTS, INPUTS, np.ones((N_TRIALS, N_BINS), bool))
BESIDE = displaced(VISITS, 0.5, np.random.default_rng(2))


def scores(model_step, alignment=SAME, visits=VISITS, true_step=step):
    found = flow_agreement(true_step, model_step, alignment, visits, WEIGHTS)
    return found["flow_cosine"].value, found["flow_r2"].value


def mixed():
    rng = np.random.default_rng(3)
    mix = rng.standard_normal((3, 5))
    to_states = LinearMap(mix, rng.standard_normal(5), 0.0)
    back = np.linalg.pinv(mix)
    return Alignment(to_states, LinearMap(back, -to_states.intercept @ back, 0.0))


@pytest.mark.parametrize("visits", [VISITS, BESIDE], ids=["on", "off"])
@pytest.mark.parametrize("alignment", [SAME, mixed()], ids=["same", "mixed"])
def test_the_truth_agrees_with_itself_in_any_coordinates(visits, alignment):
    def model_step(states, inputs):
        return alignment.to_states(step(alignment.to_latents(states), inputs))

    assert scores(model_step, alignment, visits) == pytest.approx((1, 1))


@pytest.mark.parametrize("visits", [VISITS, BESIDE], ids=["on", "off"])
def test_reversed_time_is_seen(visits):
    cosine, r2 = scores(lambda s, u: rk4(field, s, -DT) - u, visits=visits)
    assert cosine == pytest.approx(-1, abs=0.02)
    assert r2 == pytest.approx(-3, abs=0.1)


def test_half_the_speed_has_the_right_direction_and_three_quarters_of_r2():
    cosine, r2 = scores(lambda s, u: (s + step(s, u)) / 2)
    assert cosine == pytest.approx(1)
    assert r2 == pytest.approx(0.75)


def test_standing_still_is_nothing():
    assert scores(lambda s, u: s) == (0, 0)


def test_a_flow_turned_by_an_angle_has_its_cosine():
    # In the plane x, y every move is turned by 60 degrees, z is left out of truth and model.
    turn = np.array([[0.5, np.sqrt(0.75)], [-np.sqrt(0.75), 0.5]])

    def flat(states, inputs):
        move = step(states, inputs) - states
        return states + move * [1, 1, 0]

    def turned(states, inputs):
        move = step(states, inputs) - states
        return states + np.concatenate([move[:, :2] @ turn, 0 * move[:, 2:]], axis=1)

    assert scores(turned, true_step=flat) == pytest.approx((0.5, 0))  # 1 - |2 sin 30°|² = 0


def test_what_the_states_do_not_hold_does_not_move():
    plane = np.eye(3)[:, :2]
    alignment = Alignment(LinearMap(plane, np.zeros(2), 0.0), LinearMap(plane.T, np.zeros(3), 0.0))

    def model_step(states, inputs):
        return step(np.column_stack([states, LATENTS[:, :-1, 2].ravel()]), inputs)[:, :2]

    moves = (
        step(LATENTS[:, :-1].reshape(-1, 3), INPUTS[:, 1:].reshape(-1, 3)) - LATENTS[:, :-1].reshape(-1, 3)
    ) ** 2
    _, r2 = scores(model_step, alignment)
    assert r2 == pytest.approx(moves[:, :2].sum() / moves.sum())


def test_wrong_inputs_cost():
    silent = Visits(LATENTS, INPUTS, 0 * INPUTS, VISITS.valid)
    assert scores(step, visits=silent)[1] < 1 - 0.05


def test_padding_is_never_looked_at():
    valid = np.arange(N_BINS) < np.random.default_rng(4).integers(50, N_BINS, (N_TRIALS, 1))
    spoiled = Visits(np.where(valid[:, :, None], LATENTS, 1e3), INPUTS, INPUTS, valid)
    inside = Visits(LATENTS, INPUTS, INPUTS, valid)

    def slow(states, inputs):
        return 0.7 * states + 0.3 * step(states, inputs)

    assert scores(slow, visits=spoiled) == pytest.approx(scores(slow, visits=inside))


def test_moves_that_are_not_finite_are_as_bad_as_it_gets():
    cosine, r2 = scores(lambda s, u: s * np.inf)
    assert cosine == pytest.approx(-1)
    assert r2 == pytest.approx(1 - 101**2)


def test_displacements_are_shaped_like_the_visited_states():
    moved = (BESIDE.latents - LATENTS).reshape(-1, 3)
    expected = 0.25 * np.cov(LATENTS.reshape(-1, 3).T)
    assert np.cov(moved.T) == pytest.approx(expected, abs=0.05 * expected.max())  # 6000 draws: 2 %
