import numpy as np
import pytest

from ctdspec.methods.block_tridiagonal import factorise

N, T, K = 3, 6, 2


@pytest.fixture
def system():
    """Three positive definite matrices, as blocks and dense."""
    rng = np.random.default_rng(0)
    above = 0.3 * rng.standard_normal((K, K))
    root = rng.standard_normal((N, T, K, K))
    diagonal = root @ root.swapaxes(2, 3) + 3 * np.eye(K)
    dense = np.zeros((N, T, K, T, K))
    for time in range(T):
        dense[:, time, :, time] = diagonal[:, time]
        if time:
            dense[:, time - 1, :, time] = above
            dense[:, time, :, time - 1] = above.T
    return diagonal, above, dense.reshape(N, T * K, T * K), rng.standard_normal((N, T, K))


def test_solves_as_a_dense_solver_does(system):
    diagonal, above, dense, right = system
    judge = np.linalg.solve(dense, right.reshape(N, T * K, 1)).reshape(N, T, K)
    assert factorise(diagonal, above).solve(right) == pytest.approx(judge, abs=1e-12)


def test_blocks_and_determinant_are_those_of_the_dense_inverse(system):
    diagonal, above, dense, _ = system
    pivots = factorise(diagonal, above)
    inverse = np.linalg.inv(dense).reshape(N, T, K, T, K)
    own, right = pivots.inverse_blocks()
    for time in range(T):
        assert own[:, time] == pytest.approx(inverse[:, time, :, time], abs=1e-12)
        if time:
            assert right[:, time - 1] == pytest.approx(inverse[:, time - 1, :, time], abs=1e-12)
    assert pivots.log_determinant == pytest.approx(np.linalg.slogdet(dense)[1], abs=1e-10)
