"""The GRU step, judged by PyTorch's own cell and by numerical differentiation."""

import numpy as np
import pytest

from ctdspec.seeds import stream
from ctdspec.systems.cells.gru import GRU
from ctdspec.systems.cells.noisy_gru import NoisyGRU

UNITS, INPUTS, TRIALS = 24, 5, 17


def drawn(dtype):
    rng = stream(0, "test")
    weights = {name: 3 * array.astype(dtype) for name, array in gru().initial_weights(INPUTS, rng).items()}
    states, inputs = (rng.standard_normal((TRIALS, n)).astype(dtype) for n in (UNITS, INPUTS))
    return weights, states, inputs


def gru(units=UNITS):
    return GRU(kind="gru", units=units)


def noisy_gru(noise_sd):
    return NoisyGRU(kind="noisy_gru", units=UNITS, noise_sd=noise_sd)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-12)])
def test_numpy_and_torch_both_agree_with_the_cell_of_pytorch(dtype, tolerance):
    torch = pytest.importorskip("torch", reason="training is an extra: uv run --extra train pytest")
    weights, states, inputs = drawn(dtype)
    tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
    judge = torch.nn.GRUCell(INPUTS, UNITS, dtype=tensors["bias_ih"].dtype)
    judge.load_state_dict(tensors)
    with torch.no_grad():
        expected = judge(torch.from_numpy(inputs), torch.from_numpy(states)).numpy()

    by_numpy = gru().step(weights, states, inputs, None)
    by_torch = gru().step(tensors, torch.from_numpy(states), torch.from_numpy(inputs), None)
    assert by_numpy.dtype == dtype
    np.testing.assert_allclose(by_numpy, expected, rtol=0, atol=tolerance)
    np.testing.assert_allclose(by_torch.numpy(), expected, rtol=0, atol=tolerance)


def test_gradients_are_those_of_finite_differences():
    torch = pytest.importorskip("torch", reason="training is an extra: uv run --extra train pytest")
    weights, states, inputs = drawn(np.float64)
    names = list(weights)
    leaves = [
        torch.from_numpy(array).requires_grad_() for array in (*weights.values(), states[:2], inputs[:2])
    ]

    def step(*arrays):
        return gru().step(dict(zip(names, arrays[:-2], strict=True)), arrays[-2], arrays[-1], None)

    assert torch.autograd.gradcheck(step, leaves, fast_mode=True)


def test_extreme_drives_saturate_without_a_warning():
    weights, states, inputs = drawn(np.float32)
    following = gru().step(weights, states, inputs * np.float32(1e6), None)
    assert np.isfinite(following).all()


def test_the_noise_is_added_to_the_new_state():
    weights, states, inputs = drawn(np.float64)
    noise = stream(1, "test").standard_normal(states.shape)
    quiet = gru().step(weights, states, inputs, None)
    np.testing.assert_array_equal(noisy_gru(0.3).step(weights, states, inputs, None), quiet)
    np.testing.assert_allclose(noisy_gru(0.3).step(weights, states, inputs, noise), quiet + 0.3 * noise)


def test_the_noise_keeps_single_precision():
    weights, states, inputs = drawn(np.float32)
    assert noisy_gru(0.1).step(weights, states, inputs, np.ones_like(states)).dtype == np.float32


def test_noise_shapes():
    assert gru().noise_shape == (0,)
    assert noisy_gru(0.0).noise_shape == (UNITS,)


def test_initial_weights_are_uniform_within_the_bound_of_pytorch():
    weights = gru(64).initial_weights(3, stream(2, "test"))
    assert {name: array.shape for name, array in weights.items()} == {
        "weight_ih": (192, 3), "weight_hh": (192, 64), "bias_ih": (192,), "bias_hh": (192,),
    }  # fmt: skip
    for array in weights.values():
        assert array.dtype == np.float32
        assert np.abs(array).max() <= 1 / 8
    assert weights["weight_hh"].std() == pytest.approx(1 / 8 / np.sqrt(3), rel=0.03)
