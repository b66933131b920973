import numpy as np
import pytest

from ctdspec.metrics.alignment import Alignment
from ctdspec.metrics.basins import Settling, basin_agreement
from ctdspec.metrics.bootstrap import trial_weights
from ctdspec.metrics.linear_map import LinearMap

STARTS = np.random.default_rng(0).uniform(-2, 2, (2000, 2))
WEIGHTS = trial_weights(2000, np.random.default_rng(1), 200)
SETTLING = Settling(n_bins=300, average_bins=1, same_sd=0.05, match_sd=0.5)
SAME = Alignment.identity(2)


def well(threshold, left=-1.0, right=1.0):
    """Go to `left` below the threshold of x and to `right` above it; y decays."""

    def step(states, inputs):
        x, y = states[:, 0], states[:, 1]
        x = x - 0.3 * (x - left) * (x - threshold) * (x - right) / (1 + x**2)
        return np.stack([x + inputs[0, 0], 0.8 * y], axis=1)

    return step


def compared(model_step, alignment=SAME, true_step=None, settling=SETTLING):
    return basin_agreement(
        true_step or well(0), model_step, alignment, STARTS, np.zeros(1), np.zeros(1), settling, WEIGHTS
    )


def test_the_truth_agrees_with_itself_in_any_coordinates():
    mix = np.array([[2.0, 1.0, 0.3], [-0.5, 1.0, 1.0]])
    back = np.linalg.pinv(mix)
    alignment = Alignment(LinearMap(mix, np.ones(3), 0.0), LinearMap(back, -back.sum(axis=0), 0.0))

    def model_step(states, inputs):
        return alignment.to_states(well(0)(alignment.to_latents(states), inputs))

    found = compared(model_step, alignment)
    assert found.agreement.value == 1
    assert np.sort(found.attractors[:, 0]) == pytest.approx([-1, 1], abs=1e-6)
    assert found.chance == pytest.approx(0.5, abs=1e-3)
    assert found.model_attractors[found.matches] == pytest.approx(found.attractors, abs=1e-6)


def test_a_moved_boundary_costs_the_starts_between():
    found = compared(well(0.5))
    wrong = np.mean((STARTS[:, 0] > 0) & (STARTS[:, 0] < 0.5))
    assert found.agreement.value == pytest.approx(1 - wrong)
    assert found.agreement.low < 1 - wrong < found.agreement.high
    assert found.confusion.sum() == 2000
    assert np.sort(found.confusion.ravel())[-3:][0] == pytest.approx(2000 * wrong, abs=0.5)


def test_swapped_attractors_never_agree():
    found = compared(lambda s, u: well(0)(s * [-1, 1], u), settling=Settling(301, 1, 0.05, 0.5))
    assert found.agreement.value == 0


def test_an_attractor_elsewhere_matches_none():
    found = compared(well(0, right=4.0))
    left = np.mean(STARTS[:, 0] < 0)
    assert found.agreement.value == pytest.approx(left)
    assert sorted(found.matches >= 0) == [False, True]


def test_states_that_run_away_are_lost_and_counted():
    found = compared(lambda s, u: np.where(s[:, :1] > 0, s * 1e30, well(0)(s, u)))
    assert found.confusion[:, -1].sum() == np.sum(STARTS[:, 0] > 0)
    assert found.agreement.value == pytest.approx(np.mean(STARTS[:, 0] < 0))
    none = compared(lambda s, u: s * 1e30)
    assert none.agreement.value == none.chance == 0
    assert len(none.model_attractors) == 0


def test_cycles_are_told_apart_by_their_centres():
    def cycle(states, inputs):
        centre = np.where(states[:, :1] > 0, 2.0, -2.0) * [1, 0]
        out = states - centre
        radius = np.linalg.norm(out, axis=1, keepdims=True)
        turn = np.array(
            [[np.cos(0.2 * np.pi), -np.sin(0.2 * np.pi)], [np.sin(0.2 * np.pi), np.cos(0.2 * np.pi)]]
        )
        return centre + (out @ turn) / radius * (radius + 0.2 * (0.5 - radius))

    found = compared(cycle, true_step=cycle, settling=Settling(400, 10, 0.05, 0.5))
    assert len(found.attractors) == 2
    assert found.agreement.value == 1
