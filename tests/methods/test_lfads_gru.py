"""The encoders, judged by the cell taken step by step, and their derivatives by differences."""

import pytest

torch = pytest.importorskip("torch")

from ctdspec.methods._lfads_gru import BidirectionalGRU  # noqa: E402
from ctdspec.seeds import stream  # noqa: E402
from ctdspec.systems.cells.gru_reset_first import GRUResetFirst  # noqa: E402


def drawn(n_paths, trials=5, bins=7, inputs=3, units=4):
    rng = stream(0, "test")
    gru = BidirectionalGRU(n_paths, inputs, units, rng).double()
    with torch.no_grad():
        for array in gru.parameters():
            array.copy_(torch.from_numpy(rng.standard_normal(array.shape)))
    return gru, torch.from_numpy(rng.standard_normal((trials, bins, inputs)))


@pytest.mark.parametrize("n_paths", [1, 2])
def test_it_reads_as_its_cell_does_step_by_step(n_paths):
    gru, values = drawn(n_paths)
    cell = GRUResetFirst(kind="gru_reset_first", units=4)
    found = gru(values)
    assert found.shape == (n_paths, 2, 7, 5, 4)
    for path in range(n_paths):
        for way, order in enumerate((range(7), range(6, -1, -1))):
            number = 2 * path + way
            weights = {name: getattr(gru, name)[number] for name in ("weight_ih", "weight_hh", "bias")}
            states = gru.initial[number].expand(5, -1)
            for bin in order:
                states = cell.step(weights, states, values[:, bin], None)
                torch.testing.assert_close(found[path, way, bin], states, rtol=0, atol=1e-14)


def test_its_derivatives_are_those_of_finite_differences():
    gru, values = drawn(2, trials=2, bins=4, inputs=2, units=3)
    names = [name for name, _ in gru.named_parameters()]

    def read(values, *arrays):
        return torch.func.functional_call(gru, dict(zip(names, arrays, strict=True)), (values,))

    assert torch.autograd.gradcheck(read, (values.requires_grad_(), *gru.parameters()))
