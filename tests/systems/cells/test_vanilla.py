"""The vanilla cell, judged by PyTorch's own."""

import numpy as np
import pytest

from ctdspec.seeds import stream
from ctdspec.systems.cells.vanilla import Vanilla


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-13)])
def test_it_is_the_cell_of_pytorch(dtype, tolerance):
    torch = pytest.importorskip("torch", reason="training is an extra: uv run --extra train pytest")
    cell, rng = Vanilla(kind="vanilla", units=24, noise_sd=0.1), stream(0, "test")
    weights = {name: 3 * array.astype(dtype) for name, array in cell.initial_weights(5, rng).items()}
    states, inputs = (rng.standard_normal((17, n)).astype(dtype) for n in (24, 5))
    tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
    judge = torch.nn.RNNCell(5, 24, dtype=tensors["bias_ih"].dtype)
    judge.load_state_dict(tensors)
    with torch.no_grad():
        expected = judge(torch.from_numpy(inputs), torch.from_numpy(states)).numpy()
    np.testing.assert_allclose(cell.step(weights, states, inputs, None), expected, rtol=0, atol=tolerance)


def test_initial_weights_are_uniform_within_the_bound_of_pytorch():
    weights = Vanilla(kind="vanilla", units=64, noise_sd=0).initial_weights(3, stream(1, "test"))
    assert {name: array.shape for name, array in weights.items()} == {
        "weight_ih": (64, 3), "weight_hh": (64, 64), "bias_ih": (64,), "bias_hh": (64,),
    }  # fmt: skip
    assert max(np.abs(array).max() for array in weights.values()) <= 1 / 8
    assert weights["weight_hh"].std() == pytest.approx(1 / 8 / np.sqrt(3), rel=0.05)
