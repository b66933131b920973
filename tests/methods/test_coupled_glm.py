"""Circuits whose couplings are known: the regression finds them, correlations are fooled by common input."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from ctdspec.methods.coupled_glm import CoupledGlm
from ctdspec.methods.cross_correlation import CrossCorrelation
from ctdspec.methods.spike_history import history
from ctdspec.store.recording import Recording, SplitRecording
from ctdspec.submissions.answer import Answer

BIN_S, TAU_S, N = 0.005, 0.02, 6


def circuit(held_out=()) -> Recording:
    """Neuron 0 drives 1 and 2 strongly, and inhibits 3; 4 and 5 hear nobody. 300 s at 20 Hz."""
    rng, weights = np.random.default_rng(0), np.zeros((N, N))
    weights[[1, 2, 3], 0] = 3.0, 3.0, -3.0
    splits, decay = {}, np.exp(-BIN_S / TAU_S)
    hidden = np.isin(np.arange(N), held_out)
    for split, n_trials in (("train", 50), ("val", 5), ("test", 5)):
        counts, heard = np.zeros((n_trials, 1000, N), np.uint16), np.zeros((n_trials, N))
        for t in range(1000):
            counts[:, t] = rng.poisson(0.1 * np.exp(heard @ weights.T))
            heard = decay * heard + (1 - decay) * counts[:, t]
        seen = counts[..., ~hidden] if split == "test" else counts
        splits[split] = SplitRecording(
            seen, np.zeros((n_trials, 1000, 0), np.float32), np.ones((n_trials, 1000), bool)
        )
    return Recording("d", BIN_S, hidden, splits, np.arange(N), np.full(N, "all"))


@pytest.fixture(scope="module")
def recording() -> Recording:
    return circuit()


def glm(ridges=(1e-4, 1.0)) -> CoupledGlm:
    readout = {"ridges": list(ridges), "fit_bins": 100_000}
    fields = {"kind": "coupled_glm", "name": "glm", "taus_s": [TAU_S], "readout": readout, "chosen_by": 6}
    return CoupledGlm.model_validate(fields)


def correlated(recording) -> Answer:
    return CrossCorrelation(kind="cross_correlation", name="cc", tau_s=TAU_S).fit(recording, seed=0)


def test_history_is_a_sum_over_earlier_spikes():
    counts = np.random.default_rng(0).poisson(0.3, (2, 30, 3))
    decay = np.exp(-BIN_S / np.array([0.01, 0.05]))
    want = np.zeros((2, 30, 3, 2))
    for t in range(30):
        for s in range(t):
            want[:, t] += counts[:, s, :, None] * (1 - decay) * decay ** (t - s - 1)
    found = history(counts, [0.01, 0.05], BIN_S)
    np.testing.assert_allclose(found, want, atol=1e-6)
    assert found.dtype == np.float32


def test_the_couplings_are_found(recording):
    answer = glm().fit(recording, seed=0)
    recording.expected.ensure(answer)
    assert answer.parameters["ridge"] == 1e-4
    want = np.zeros((N, N))
    want[[1, 2, 3], 0] = 3.0, 3.0, -3.0
    apart = ~np.eye(N, dtype=bool)
    # 5000 spikes or more of each neuron: a weight is known to 0.2 or better, but for the inhibited one.
    np.testing.assert_allclose(answer.connectivity[apart], want[apart], atol=0.9)
    assert np.abs(answer.connectivity - want)[apart].mean() < 0.2


def test_the_fit_is_the_most_likely_one(recording):
    """An independent fit, of one neuron, by a general-purpose optimiser."""
    answer = glm(ridges=[1e-9]).fit(recording, seed=0)
    train = recording.splits["train"]
    features = history(train.spikes, [TAU_S], BIN_S)[..., 0].reshape(-1, N).astype(float)
    counts = train.spikes.reshape(-1, N)[:, 1].astype(float)

    def loss(found):
        logs = features @ found[1:] + found[0]
        rate = np.exp(logs)
        gradient = np.append((rate - counts).mean(), features.T @ (rate - counts) / len(counts))
        return (rate - counts * logs).mean(), gradient

    best = minimize(
        loss, np.append(np.log(0.1), np.zeros(N)), jac=True, method="BFGS", options={"gtol": 1e-9}
    )
    np.testing.assert_allclose(answer.connectivity[1], best.x[1:], atol=0.01)


def test_common_input_fools_correlations_only(recording):
    alike = correlated(recording)
    recording.expected.ensure(alike)
    # 50 000 bins: a correlation of nothing is within 0.0045 of 0 in two of three cases.
    assert np.abs(alike.connectivity[[4, 5], [5, 4]]).max() < 4 * 0.0045
    assert max(alike.connectivity[[1, 2], [2, 1]]) > 4 * 0.0045, "neurons 1 and 2 share their input"
    assert alike.connectivity[3, 0] < 0 < alike.connectivity[2, 0]
    found = glm().fit(recording, seed=0).connectivity
    assert np.abs(found[[1, 2], [2, 1]]).max() < 0.1 * found[1, 0]


def test_correlations_are_numpys(recording):
    found = correlated(recording)
    train = recording.splits["train"]
    past = history(train.spikes, [TAU_S], BIN_S)[..., 0]
    want = np.corrcoef(train.spikes[..., 1].ravel(), past[..., 2].ravel())[0, 1]
    assert found.connectivity[1, 2] == pytest.approx(want, abs=1e-5)
    mean_hz = train.spikes[..., 4].mean() / BIN_S
    assert found.splits["test"].rates_hz[..., 4] == pytest.approx(mean_hz, rel=1e-5)


def test_hidden_neurons_are_predicted_by_the_others():
    recording = circuit(held_out=(1,))
    answer = glm().fit(recording, seed=0)
    recording.expected.ensure(answer)
    assert answer.connectivity[1, 0] == pytest.approx(3, abs=0.5), "of the train trials, where all are seen"
    source = history(recording.splits["test"].spikes[..., :1], [TAU_S], BIN_S)[..., 0, 0]
    rates = answer.splits["test"].rates_hz[..., 1]
    assert np.corrcoef(np.log(rates).ravel(), source.ravel())[0, 1] > 0.95


def test_lost_neurons_are_left_out(recording):
    train = recording.splits["train"]
    observed = np.ones((50, N), bool)
    observed[:25, 5] = False
    spikes = np.where(observed[:, None], train.spikes, 0).astype(np.uint16)
    part = replace(train, counts=spikes, observed=observed)
    lost = replace(recording, splits=dict(recording.splits) | {"train": part})
    for answer in (lambda one: glm().fit(one, seed=0), correlated):
        whole, found = (answer(one).splits["test"].rates_hz[..., 5].mean() for one in (recording, lost))
        assert found == pytest.approx(whole, rel=0.05), "half the trials, not half the rate"
