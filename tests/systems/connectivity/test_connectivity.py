"""Weights are what their construction says."""

import numpy as np
import pytest
from pydantic import ValidationError

from ctdspec.seeds import stream
from ctdspec.spec.component import kinds

SHIPPED = [
    "line_attractor", "ff_integrator", "ff_chain", "symmetric", "symmetric_line_attractor", "normal",
    "lowrank_null", "lowrank_osc", "triangular_schur", "chaotic_rate_network",
]  # fmt: skip


def draw(kind, units, seed=0, **fields):
    connectivity = kinds("connectivity")[kind](kind=kind, **fields)
    connectivity.ensure_connects(units)
    return connectivity.weights(units, stream(seed, "test"))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_draw_is_the_same_whenever_it_is_made(shipped_system, name):
    one, same, other = (shipped_system(name, units=20, draw=n).weights for n in (3, 3, 4))
    np.testing.assert_array_equal(one.matrix, same.matrix)
    assert name == "ff_chain" or not np.array_equal(one.matrix, other.matrix)
    copy = shipped_system(name, units=20, draw=3).model_copy(update={"draw": 4})
    np.testing.assert_array_equal(copy.weights.matrix, other.matrix)


@pytest.mark.parametrize(
    "name", ["line_attractor", "symmetric", "symmetric_line_attractor", "normal", "lowrank_osc"]
)
@pytest.mark.parametrize("units", [9, 60])
def test_constructed_eigenvalues_are_those_of_the_weights(shipped_system, name, units):
    # These matrices can be diagonalised, so that LAPACK is a fair judge.
    weights = shipped_system(name, units=units).weights
    found = np.linalg.eigvals(weights.matrix)
    apart = np.abs(found[:, None] - weights.eigenvalues)
    assert apart.min(axis=0).max() < 1e-6
    assert apart.min(axis=1).max() < 1e-6
    assert np.trace(weights.matrix) == pytest.approx(weights.eigenvalues.sum().real, abs=1e-8)
    assert np.all(np.diff(weights.eigenvalues.real) <= 0)


def test_line_attractor_has_the_eigenvalues_of_its_recipe():
    weights = draw("line_attractor", 50, top=0.999, rest=0.2)
    assert weights.eigenvalues.real.tolist() == [0.999, *[0.2] * 49]
    slow = weights.integrator.input_weights / 50
    assert weights.matrix @ slow == pytest.approx(0.999 * slow, abs=1e-9)
    assert np.linalg.norm(slow) == pytest.approx(1)
    assert not np.allclose(weights.matrix @ weights.matrix.T, weights.matrix.T @ weights.matrix)


@pytest.mark.parametrize("units", [3, 40])
def test_feedforward_weights_are_nilpotent(units):
    chain = draw("ff_chain", units)
    assert np.all(np.linalg.matrix_power(chain.matrix, units) == 0)
    assert np.linalg.matrix_power(chain.matrix, units - 1)[0, -1] == 1
    fields = {"skip": 0.5, "skip_first_entry": True, "output_gain": 0.7}
    plain = draw("ff_integrator", units, basis="units", **fields)
    assert np.all(np.linalg.matrix_power(plain.matrix, units) == 0)
    assert plain.matrix[0, 1:].tolist() == [1.5, *[0.5] * (units - 2)]
    code = draw("ff_integrator", units, basis="units", **fields | {"skip_first_entry": False})
    assert code.matrix[0, 1] == 1
    rotated = draw("ff_integrator", units, basis="haar", **fields)
    # A rotation changes no singular value and no trace of a power.
    svd = np.linalg.svd
    assert svd(rotated.matrix)[1] == pytest.approx(svd(plain.matrix)[1], abs=1e-12)
    powers = [np.trace(np.linalg.matrix_power(rotated.matrix, k)) for k in range(1, 6)]
    assert powers == pytest.approx([0] * 5, abs=1e-10)
    assert not any(weights.eigenvalues.any() for weights in (chain, plain, rotated))


def test_symmetric_weights_have_the_semicircles_edge():
    tops = []
    for seed in range(5):
        weights = draw("symmetric", 500, seed, sd=0.6, line_attractor=None, bulk=None)
        assert np.array_equal(weights.matrix, weights.matrix.T)
        tops.append(weights.eigenvalues[0].real)
    # Published for this recipe: 0.838 ± 0.005; Wigner's edge is √2 × 0.6 = 0.849.
    assert np.mean(tops) == pytest.approx(0.838, abs=0.008)
    line = draw("symmetric", 500, sd=0.6, line_attractor=0.999, bulk=0.4)
    assert line.eigenvalues[:2].real == pytest.approx([0.999, 0.4 - 0.8 / 499])
    assert line.matrix == pytest.approx(line.matrix.T, abs=1e-14)


@pytest.mark.parametrize("units", [1, 2, 101])
def test_normal_weights_commute_with_their_transpose(units):
    b = draw("normal", units, radius=0.9).matrix
    assert b @ b.T == pytest.approx(b.T @ b, abs=1e-12)
    # A normal matrix is no longer than its largest eigenvalue.
    assert np.linalg.norm(b, 2) <= 0.9


@pytest.mark.parametrize("rank", [1, 3])
def test_lowrank_null_weights_square_to_zero(rank):
    b = draw("lowrank_null", 80, rank=rank, scale=0.2).matrix
    values = np.linalg.svd(b)[1]
    assert values == pytest.approx([16 / rank**0.5] * rank + [0] * (80 - rank), abs=1e-12)
    assert b @ b == pytest.approx(np.zeros((80, 80)), abs=1e-11)


def test_lowrank_osc_has_rank_two_and_a_left_inverse():
    b = draw("lowrank_osc", 200, decay=0.5, turn=0.5, mismatch=12.0).matrix
    values = np.linalg.svd(b)[1]
    assert values[2] < 1e-10 * values[0]
    # Without mismatch M† is the pseudo-inverse, whose gain is about that of Q, 0.71.
    assert values[0] > 50
    matched = draw("lowrank_osc", 200, decay=0.5, turn=0.5, mismatch=0.0).matrix
    assert np.linalg.norm(matched, 2) == pytest.approx(0.5**0.5, rel=0.2)


def test_triangular_schur_takes_the_eigenvalues_and_leaves_the_rest():
    b = draw("triangular_schur", 300, gain=2.8).matrix
    # Half the squared norm of a Gaussian matrix is that of its eigenvalues (Mehlig & Chalker 2000).
    assert np.sum(b**2) == pytest.approx(2.8**2 * 300 / 2, rel=0.1)
    assert np.abs(np.linalg.eigvals(b)).max() < 0.6


def test_gaussian_eigenvalues_fill_the_disc():
    b = draw("gaussian", 400, gain=1.5).matrix
    sizes = np.abs(np.linalg.eigvals(b))
    assert sizes.max() == pytest.approx(1.5, rel=0.06)
    # Girko's law: a quarter of them lie within half the radius.
    assert np.mean(sizes < 0.75) == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize(
    ("kind", "fields", "units", "needed"),
    [
        ("lowrank_null", {"rank": 3, "scale": 0.2}, 5, "of rank 3 needs 6 units or more, found 5"),
        ("ff_chain", {}, 1, "needs 2 units or more, found 1"),
        ("lowrank_osc", {"decay": 0.5, "turn": 0.5, "mismatch": 1.0}, 2, "needs 3 units or more, found 2"),
    ],
)
def test_too_few_units_are_refused(kind, fields, units, needed):
    with pytest.raises(ValueError, match=needed):
        draw(kind, units, **fields)


def test_a_bulk_belongs_to_a_line():
    with pytest.raises(ValidationError, match="line_attractor and bulk go together"):
        draw("symmetric", 10, sd=0.6, line_attractor=0.9, bulk=None)
