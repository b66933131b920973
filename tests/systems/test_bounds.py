"""Which cells are known to be bounded, and that they are."""

import numpy as np
import pytest

from ctdspec.dynamics.certificate import TrappingBox, ensure_trapping
from ctdspec.errors import UsageError
from ctdspec.systems.cells.cell import Cell
from ctdspec.systems.cells.gru import GRU
from ctdspec.systems.cells.leaky_rate import LeakyRate
from ctdspec.systems.cells.low_rank import LowRank
from ctdspec.systems.cells.lstm import LSTM
from ctdspec.systems.cells.noisy_gru import NoisyGRU
from ctdspec.systems.cells.vanilla import Vanilla
from ctdspec.systems.trained_network import TrainedNetwork, network_weights

BOUNDED = [
    GRU(kind="gru", units=6),
    NoisyGRU(kind="noisy_gru", units=6, noise_sd=0.5),
    Vanilla(kind="vanilla", units=6, noise_sd=0.5),
    LeakyRate(kind="leaky_rate", units=6, leak=0.3, noise_sd=0.5),
]


def network(cell: Cell) -> TrainedNetwork:
    """Give a network whose weights are far larger than any training makes them."""
    weights = network_weights(cell, 2, 1, np.random.default_rng(0))
    return TrainedNetwork(cell, {name: 20 * array.astype(float) for name, array in weights.items()})


@pytest.mark.parametrize("cell", BOUNDED, ids=lambda cell: cell.kind)
def test_the_step_stays_in_its_bounds(cell):
    dynamics = network(cell)
    assert dynamics.bounds == (-1, 1)
    box = TrappingBox(*(bound * np.ones(6) for bound in dynamics.bounds))
    for inputs in np.random.default_rng(1).normal(0, 30, (20, 2)):
        ensure_trapping(dynamics, inputs, box, 200, np.random.default_rng(2))


def test_states_without_bounds_have_none():
    low_rank = LowRank(kind="low_rank", units=6, rank=1, random_gain=0.0, leak=0.3, noise_sd=0.0)
    assert network(LSTM(kind="lstm", units=3)).bounds is None
    assert network(low_rank).bounds is None
    with pytest.raises(UsageError, match="trapping box is none"):
        ensure_trapping(
            network(low_rank), np.ones(2), TrappingBox(-np.ones(6), np.ones(6)), 200, np.random.default_rng(0)
        )
