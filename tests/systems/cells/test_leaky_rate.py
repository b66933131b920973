"""The leaky rate cell, judged by PyTorch's vanilla cell and by its decay without drive."""

import numpy as np
import pytest

from ctdspec.seeds import stream
from ctdspec.systems.cells.leaky_rate import LeakyRate


def leaky(leak, units=12):
    return LeakyRate(kind="leaky_rate", units=units, leak=leak, noise_sd=0.1)


@pytest.mark.parametrize("leak", [0.1, 1.0])
def test_it_moves_by_its_leak_towards_what_the_cell_of_pytorch_gives(leak):
    torch = pytest.importorskip("torch", reason="training is an extra: uv run --extra train pytest")
    rng = stream(0, "test")
    weights = {name: a.astype(float) for name, a in leaky(leak).initial_weights(3, rng).items()}
    weights["bias"] = rng.standard_normal(12)
    states, inputs = rng.standard_normal((6, 12)), rng.standard_normal((6, 3))
    judge = torch.nn.RNNCell(3, 12, dtype=torch.float64)
    own = {"weight_ih": weights["weight_ih"], "weight_hh": weights["weight_hh"], "bias_ih": weights["bias"]}
    judge.load_state_dict(
        {name: torch.from_numpy(a) for name, a in (own | {"bias_hh": np.zeros(12)}).items()}
    )
    with torch.no_grad():
        towards = judge(torch.from_numpy(inputs), torch.from_numpy(states)).numpy()
    expected = (1 - leak) * states + leak * towards
    np.testing.assert_allclose(leaky(leak).step(weights, states, inputs, None), expected, atol=1e-14)


def test_without_weights_the_state_itself_leaks():
    weights = {name: 0 * a for name, a in leaky(0.2).initial_weights(3, stream(1, "test")).items()}
    states, inputs = np.full((1, 12), 11.2), np.zeros((1, 3))
    for _ in range(5):
        states = leaky(0.2).step(weights, states, inputs, None)
    np.testing.assert_allclose(states, 11.2 * 0.8**5)


def test_the_recurrent_weights_have_a_spectral_radius_of_one():
    weights = leaky(0.2, units=400).initial_weights(3, stream(2, "test"))
    # The circular law: for 400 units the radius is within a few per cent of 1.
    assert np.abs(np.linalg.eigvals(weights["weight_hh"])).max() == pytest.approx(1, abs=0.1)
