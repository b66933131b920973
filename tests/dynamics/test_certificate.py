import numpy as np
import pytest

from ctdspec.dynamics.certificate import TrappingBox, certify, ensure_trapping
from ctdspec.errors import UsageError
from ctdspec.seeds import stream

BOX = TrappingBox(-np.ones(2), np.array([1.0, 2.0]))


@pytest.mark.parametrize(("factor", "kept"), [(0.9, True), (1.0, True), (1 + 1e-15, True), (1.01, False)])
def test_a_box_is_refused_if_states_leave_it_by_more_than_rounding(make_map, factor, kept):
    dynamics, rng = make_map(2, lambda x: factor * x), stream(0, "a")
    if kept:
        ensure_trapping(dynamics, np.empty(0), BOX, 64, rng)
    else:
        with pytest.raises(UsageError, match="of 64 states in it leave it"):
            ensure_trapping(dynamics, np.empty(0), BOX, 64, rng)


def test_states_in_the_box():
    states = np.array([[[0, 0], [1, 2]], [[1.1, 0], [0, -1.1]]])
    assert BOX.holds(states).tolist() == [[True, True], [False, False]]


def test_the_index_of_a_spiral_is_that_of_a_node_and_of_a_saddle_the_other():
    spiral = np.array([[0.9, -0.5], [0.5, 0.9]])
    assert certify(spiral[None], bounded=True).index_sum == 1
    assert certify(np.diag([1.2, 1.3])[None], bounded=True).index_sum == 1
    assert certify(np.diag([1.2, 0.3])[None], bounded=True).index_sum == -1
    # An eigenvalue below -1 is unstable too, but does not change the sign.
    assert certify(np.diag([-1.2, 0.3])[None], bounded=True).index_sum == 1
