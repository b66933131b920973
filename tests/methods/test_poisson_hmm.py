from dataclasses import replace
from itertools import pairwise, product
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import poisson

from ctdspec.errors import MethodError
from ctdspec.methods import extra
from ctdspec.methods.poisson_hmm import PoissonHmm
from ctdspec.store.recording import Recording, SplitRecording

HMM = PoissonHmm(
    kind="poisson_hmm",
    name="hmm",
    n_states=[1, 2, 4],
    enough=0.99,
    fit_trials=40,
    start_width_s=0.05,
    start_dwell_s=0.1,
    max_iterations=40,
    tolerance=1e-7,
)
RATES = np.array([[0.2, 1.5, 0.7, 0.4], [1.8, 0.1, 0.6, 1.2]])
STAY = np.array([[0.9, 0.1], [0.05, 0.95]])


@pytest.fixture(scope="module")
def switching():
    """A chain of two states, seen by four neurons, of which the last is held out."""
    rng, splits, truth = np.random.default_rng(0), {}, {}
    for split, n in (("train", 60), ("val", 20), ("test", 20)):
        state = np.zeros((n, 100), int)
        for time in range(1, 100):
            state[:, time] = rng.uniform(size=n) < STAY[state[:, time - 1], 1]
        counts = rng.poisson(RATES[state]).astype(np.uint16)
        counts = counts[..., :3] if split == "test" else counts
        truth[split] = state
        splits[split] = SplitRecording(counts, np.zeros((n, 100, 0), np.float32), np.ones((n, 100), bool))
    held_out = np.arange(4) == 3
    return Recording("digest", 0.01, held_out, splits, np.arange(4), np.full(4, "all")), truth


def test_without_hmmlearn_it_is_said_what_to_install(world, monkeypatch):
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == "hmmlearn" else SimpleNamespace())
    with pytest.raises(MethodError, match=r"needs hmmlearn, .* uv sync --extra hmm"):
        HMM.fit(world.recording, seed=0)


def test_states_and_their_dwell_times_are_found(switching):
    """Four thousand bins: dwell times of 10 and 20 bins to a quarter, states right in nine bins of ten."""
    pytest.importorskip("hmmlearn", reason="needs the extra hmm")
    recording, truth = switching
    answer = HMM.fit(recording, seed=0)
    assert answer.parameters["n_states"] == 2
    assert sorted(answer.parameters["mean_dwell_s"]) == pytest.approx([0.1, 0.2], rel=0.25)
    test = answer.splits["test"]
    likeliest = test.states.argmax(axis=2)
    right = (likeliest == truth["test"]).mean()
    assert max(right, 1 - right) > 0.9
    assert test.states.sum(axis=2) == pytest.approx(1, abs=1e-5)
    # Rates are means of those of the states under their probabilities.
    least, most = 100 * RATES.min(axis=0), 100 * RATES.max(axis=0)
    assert (test.rates_hz > 0.8 * least - 5).all()
    assert (test.rates_hz < 1.2 * most).all()


def test_the_posterior_is_that_of_all_courses_of_states():
    """A trial of six bins has 2⁶ courses, here counted one by one; one neuron of three was not recorded."""
    pytest.importorskip("hmmlearn", reason="needs the extra hmm")
    from ctdspec.methods._hmm import PoissonChain

    model = PoissonChain(2)
    model.startprob_, model.transmat_, model.lambdas_ = np.array([0.3, 0.7]), STAY, RATES[:, :3]
    counts, kept = np.random.default_rng(1).poisson(1, (6, 3)), np.array([0, 2])
    posterior = np.zeros((6, 2))
    for course in product((0, 1), repeat=6):
        weight = model.startprob_[course[0]]
        weight *= np.prod([STAY[a, b] for a, b in pairwise(course)])
        weight *= poisson.pmf(counts[:, kept], RATES[list(course)][:, kept]).prod()
        posterior[np.arange(6), course] += weight
    posterior /= posterior.sum(axis=1, keepdims=True)
    assert model.of(kept).predict_proba(counts[:, kept]) == pytest.approx(posterior, abs=1e-10)


def test_sessions_in_which_neurons_come_and_go_are_refused(world):
    pytest.importorskip("hmmlearn", reason="needs the extra hmm")
    train = world.recording.splits["train"]
    observed = np.ones((len(train.valid), 15), bool)
    observed[np.arange(len(observed)), np.arange(len(observed)) % 15] = False
    splits = dict(world.recording.splits) | {"train": replace(train, observed=observed)}
    with pytest.raises(MethodError, match="found 0 train trials in which all neurons were recorded"):
        HMM.fit(replace(world.recording, splits=splits), seed=0)
