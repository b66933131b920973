"""The LSTM, judged by PyTorch's own."""

import numpy as np
import pytest

from ctdspec.seeds import stream
from ctdspec.systems.cells.lstm import LSTM


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-13)])
def test_outputs_and_memories_are_those_of_pytorch(dtype, tolerance):
    torch = pytest.importorskip("torch", reason="training is an extra: uv run --extra train pytest")
    cell, rng = LSTM(kind="lstm", units=24), stream(0, "test")
    weights = {name: 3 * array.astype(dtype) for name, array in cell.initial_weights(5, rng).items()}
    outputs, memories = (rng.standard_normal((17, 24)).astype(dtype) for _ in range(2))
    inputs = rng.standard_normal((17, 5)).astype(dtype)
    tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
    judge = torch.nn.LSTMCell(5, 24, dtype=tensors["bias_ih"].dtype)
    judge.load_state_dict(tensors)
    with torch.no_grad():
        before = (torch.from_numpy(outputs), torch.from_numpy(memories))
        expected = torch.cat(judge(torch.from_numpy(inputs), before), dim=1).numpy()
    found = cell.step(weights, np.concatenate([outputs, memories], axis=1), inputs, None)
    assert cell.n_latents == 48
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)
