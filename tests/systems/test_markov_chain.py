import numpy as np
import pytest

from ctdspec.dynamics.simulate import simulate
from ctdspec.seeds import stream
from ctdspec.systems.jumps import Jumps, leaving
from ctdspec.systems.markov_chain import MarkovChain
from ctdspec.tasks.flip_flop import FlipFlop
from ctdspec.tasks.spontaneous import Spontaneous

BIN_S = 0.01
DWELL_S = [0.1, 0.2, 0.5]
TASK = Spontaneous(kind="spontaneous", trial_s=20.0, bin_s=BIN_S)


@pytest.fixture(scope="module")
def latents() -> np.ndarray:
    dynamics = MarkovChain(kind="markov_chain", dwell_s=DWELL_S).dynamics(TASK, None)
    return simulate(dynamics, np.zeros((100, 2000, 0), np.float32), stream(0, "markov"))


def test_exactly_one_state_is_on(latents):
    assert set(np.unique(latents)) == {0, 1}
    assert (latents.sum(axis=2) == 1).all()


def test_dwell_times_are_the_declared_ones(latents):
    labels = latents.argmax(axis=2)
    for state, dwell_s in enumerate(DWELL_S):
        on = labels == state
        left = on[:, :-1] & ~on[:, 1:]
        # 2000 s and 2000 visits or more: the mean of geometric times is known to 2 %.
        assert on[:, :-1].sum() / left.sum() * BIN_S == pytest.approx(dwell_s, rel=0.08)
        shares = latents.mean(axis=(0, 1), dtype=float)
    # The others are equally likely, so visits are as many to each, and shares are those of the dwell times.
    np.testing.assert_allclose(shares, np.array(DWELL_S) / sum(DWELL_S), atol=0.03)
    np.testing.assert_allclose(latents[:, 0].mean(axis=0), shares, atol=0.2)


def test_the_stationary_law_is_an_eigenvector():
    jumps = Jumps(leaving(DWELL_S, BIN_S))
    np.testing.assert_allclose(jumps.transitions.sum(axis=1), 1)
    np.testing.assert_allclose(jumps.stationary @ jumps.transitions, jumps.stationary, atol=1e-12)
    np.testing.assert_allclose(jumps.stationary, np.array(DWELL_S) / sum(DWELL_S))


def test_without_noise_probabilities_spread():
    jumps = Jumps(leaving(DWELL_S, BIN_S))
    states = np.eye(3)
    for _ in range(500):
        states = jumps.step(states, states[:, :0])
    np.testing.assert_allclose(states, np.tile(jumps.stationary, (3, 1)), atol=1e-4)


def test_tasks_and_times_that_do_not_fit_are_refused():
    chain = MarkovChain(kind="markov_chain", dwell_s=[0.005, 1.0])
    with pytest.raises(ValueError, match=r"dwell_s has 0.005 s, which is shorter than a bin of 0.01 s"):
        chain.ensure_serves(TASK)
    task = FlipFlop.model_construct(kind="flip_flop", bin_s=BIN_S, trial_s=1.0, bits=3)
    with pytest.raises(ValueError, match="use kind: spontaneous"):
        chain.ensure_serves(task)
