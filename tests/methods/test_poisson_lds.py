"""A Poisson LDS as a data model; its numerics are judged in test_laplace.py and test_laplace_em.py."""

from dataclasses import replace

import numpy as np
import pytest

from ctdspec.errors import UsageError
from ctdspec.methods.poisson_lds import PoissonLds
from ctdspec.submissions.runnable import RunnableDynamics

LDS = PoissonLds(
    kind="poisson_lds",
    name="lds",
    n_latents=[2],
    enough=1.0,
    inputs="none",
    fit_windows=80,
    window_bins=60,
    start_width_s=0.06,
    max_iterations=10,
    tolerance=1e-5,
)


def test_the_dynamics_of_the_answer_are_those_of_its_states(world):
    answer = LDS.fit(world.recording, seed=0)
    assert answer.dynamics is not None
    assert answer.dynamics.inputs == "none"
    dynamics, test = RunnableDynamics(answer.dynamics, 2), answer.splits["test"]
    states = test.states.astype(float)
    stepped = dynamics.step(states[:, :-1].reshape(-1, 2), np.zeros((states[:, 1:].size // 2, 0)))
    left = stepped.reshape(states[:, 1:].shape) - states[:, 1:]
    # Latents turn at 4 to 8 rad/s and the model knows one speed: it errs by 2 rad/s of 0.02 s, or 4 %.
    assert np.square(left).mean() < 0.05**2 * states.var()
    rates_hz = dynamics.readout(states.reshape(-1, 2)).reshape(test.rates_hz.shape)
    # Means over the posterior are above the rates of its mode, by half the variance of the log rate.
    assert np.log(test.rates_hz / rates_hz).min() > -1e-3
    assert np.log(test.rates_hz / rates_hz).mean() < 0.2


def test_a_stimulus_that_drives_the_states_helps(world):
    """The inputs are the true speeds of the latents, which spikes tell late."""
    recording, truth = world.recording, world.truth
    splits = {
        name: replace(
            split, stimulus=np.gradient(truth.splits[name].latents, axis=1, edge_order=1).astype(np.float32)
        )
        for name, split in recording.splits.items()
    }
    driven = replace(recording, splits=splits)
    blind = LDS.fit(driven, seed=0)
    answer = LDS.model_copy(update={"inputs": "given"}).fit(driven, seed=0)
    assert answer.given_inputs
    assert not blind.given_inputs
    assert answer.dynamics.inputs == "stimulus"
    assert answer.parameters["val_co_bps"] > blind.parameters["val_co_bps"] + 0.005


def test_without_a_stimulus_none_can_be_given(world):
    answer = LDS.model_copy(update={"inputs": "given"}).fit(world.recording, seed=0)
    assert answer.dynamics.inputs == "none"


def test_more_latents_than_neurons_are_refused(world):
    with pytest.raises(UsageError, match="'lds', n_latents: found 13, expected at most 12"):
        LDS.model_copy(update={"n_latents": [2, 13]}).fit(world.recording, seed=0)
