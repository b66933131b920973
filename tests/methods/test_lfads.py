"""LFADS: its loss against a restatement in NumPy, its dropout by gradients, its answers on a small world."""

import numpy as np
import pytest
from ruamel.yaml import YAML
from scipy.special import gammaln

from ctdspec.methods.lfads import LFADS
from ctdspec.methods.smoothing import Smoothing
from ctdspec.methods.trained import Sizes
from ctdspec.metrics.score import score
from ctdspec.resources import shipped
from ctdspec.seeds import stream
from ctdspec.submissions.runnable import RunnableDynamics

torch = pytest.importorskip("torch")

from ctdspec.methods import _lfads  # noqa: E402
from ctdspec.methods._sequential import Batch  # noqa: E402

TRIALS, BINS, VISIBLE, NEURONS, STIMULI = 6, 11, 5, 8, 2
FITTING = {
    "batch_trials": 20, "learning_rate": 0.01, "warmup_steps": 5, "decay": 0.5, "plateau_checks": 2,
    "patience_checks": 4, "check_every_epochs": 2, "max_epochs": 16, "gradient_clip": 200.0,
    "weight_decay": 0.0, "device": "cpu",
}  # fmt: skip

SMOOTHING = Smoothing(
    kind="smoothing", name="smoothing", widths_s=[0.08, 0.16], floor_hz=0.1, offset_hz=3,
    readout={"ridges": [1e-2], "fit_bins": 4000},
)  # fmt: skip


def method(controlled=True, **changed):
    settings = {
        "kind": "lfads", "name": "lfads", "encoder_units": 7, "generator_units": 6, "factors": 3,
        "initial_state": {"latents": 4, "prior_variance": 0.3, "least_variance": 1e-3},
        "weights": {
            "initial_state": 0.7, "inputs": 0.4, "generator": 0.2, "controller": 0.3,
            "divergence_epochs": 8, "recurrent_epochs": 4,
        },
        "inputs": "given", "dropout": 0.0, "coordinated_dropout": 0.4, "samples": 9, "states": "generator",
        "fitting": FITTING,
    }  # fmt: skip
    if controlled:
        inferred = {"units": 5, "inputs": 2, "correlation_bins": 3.0, "noise_variance": 0.2}
        settings["inferred_inputs"] = inferred
    return LFADS.model_validate(settings | changed)


def drawn(**changed):
    """Give a network with weights at random, and a batch of unequal trials, in double precision."""
    rng = stream(0, "test")
    sizes = Sizes(VISIBLE, rng.uniform(0.5, 2, NEURONS), STIMULI, BINS)
    network = method(**changed).network(sizes, 0).double()
    with torch.no_grad():
        for array in network.parameters():
            array.add_(torch.from_numpy(0.3 * rng.standard_normal(array.shape)))
    valid = np.arange(BINS) < rng.integers(BINS // 2, BINS + 1, (TRIALS, 1))
    seen = valid[..., None] & (rng.random((TRIALS, 1, NEURONS)) < 0.8)
    counts = rng.poisson(1.0, (TRIALS, BINS, NEURONS)).astype(float)
    stimulus = rng.standard_normal((TRIALS, BINS, STIMULI))
    arrays = (counts[..., :VISIBLE], counts, seen, stimulus, valid)
    return network, Batch(*map(torch.from_numpy, arrays))


def plain(module):
    return {name: array.detach().numpy() for name, array in module.named_parameters()}


def gru(w, u, b, state, given):
    """One step of the GRU of Cho et al. (2014)."""
    of_input, gates = np.split(w @ given + b, 3), np.split(u, 3)
    reset, update = (1 / (1 + np.exp(-(of_input[i] + gates[i] @ state))) for i in (0, 1))
    return update * state + (1 - update) * np.tanh(of_input[2] + gates[2] @ (reset * state))


def encoded(w, number, counts):
    """States of one GRU of the encoders, in the order in which it reads."""
    state, states = w["encoder.initial"][number], []
    for now in counts:
        arrays = (w[f"encoder.{name}"][number] for name in ("weight_ih", "weight_hh", "bias"))
        states.append(state := gru(*arrays, state, now))
    return np.array(states)


def restated(w, trial, noise_initial, noise_inputs):
    """Give the loss's terms of one trial: counts, seen, stimulus, valid, and what the encoders are shown."""
    shown, counts, seen, stimulus, valid = trial
    ends = [encoded(w, 0, shown)[-1], encoded(w, 1, shown[::-1])[-1]]
    course = np.hstack([encoded(w, 2, shown), encoded(w, 3, shown[::-1])[::-1]])
    mean, log_variance = np.split(w["to_initial.weight"] @ np.hstack(ends) + w["to_initial.bias"], 2)
    variance, prior = np.exp(log_variance) + 1e-3, np.exp(w["prior_log_variance"])
    distance = (mean - w["prior_mean"]) ** 2
    of_initial = (np.log(prior / variance) + (variance + distance) / prior - 1).sum() / 2
    state = w["from_initial.weight"] @ (mean + np.sqrt(variance) * noise_initial) + w["from_initial.bias"]
    c = {name.split(".")[2]: array for name, array in w.items() if name.startswith("decoder.controller")}
    to_inputs = [w[f"decoder.controller.to_inputs.{name}"] for name in ("weight", "bias")]
    to_factors = w["decoder.to_factors"] / np.linalg.norm(w["decoder.to_factors"], axis=1, keepdims=True)
    weights = [w[f"decoder.weights.{name}"] for name in ("weight_ih", "weight_hh", "bias")]
    share, step_variance = np.exp(-np.exp(-c["log_correlation_bins"])), np.exp(c["log_noise_variance"])
    control, before, likelihood, of_inputs = c["initial"], None, 0.0, 0.0
    for now in range(BINS):
        enters = np.hstack([course[now], to_factors @ state])
        control = gru(np.hstack([c["weight_eh"], c["weight_fh"]]), c["weight_hh"], c["bias"], control, enters)
        mean, log_variance = np.split(to_inputs[0] @ control + to_inputs[1], 2)
        inputs = mean + np.exp(log_variance / 2) * noise_inputs[now]
        centre = 0 if before is None else share * before
        spread = step_variance / (1 - share**2) if before is None else step_variance
        log_ratio = np.log(spread) - log_variance - (inputs - mean) ** 2 / np.exp(log_variance)
        of_inputs += valid[now] * (log_ratio + (inputs - centre) ** 2 / spread).sum() / 2
        state, before = gru(*weights, state, np.hstack([inputs, stimulus[now]])), inputs
        log_rates = w["to_log_rates.weight"] @ (to_factors @ state) + w["to_log_rates.bias"]
        terms = np.exp(log_rates) - counts[now] * log_rates + gammaln(counts[now] + 1)
        likelihood += terms[seen[now]].sum()
    return likelihood, of_initial, of_inputs


def test_every_term_is_what_the_equations_say():
    network, batch = drawn()
    noise = network.noise(batch, torch.Generator().manual_seed(1), 1)
    shown = batch.visible * 1.7
    found = network.terms(batch, shown, torch.ones_like(batch.counts, dtype=torch.bool), noise, None)
    arrays = [array.numpy() for array in (shown, batch.counts, batch.seen, batch.stimulus, batch.valid)]
    rows = [
        restated(plain(network), trial, noise.initial[row].numpy(), noise.inputs[:, row].numpy())
        for row, trial in enumerate(zip(*arrays, strict=True))
    ]
    terms = [term.item() for term in (found.likelihood, found.initial_state, found.inputs)]
    np.testing.assert_allclose(terms, np.mean(rows, axis=0), rtol=1e-11)


def test_the_loss_is_the_weighted_sum_of_its_terms(monkeypatch):
    network, batch = drawn()
    terms = _lfads.Terms(*torch.tensor([100.0, 20.0, 3.0]))
    monkeypatch.setattr(network, "terms", lambda *_: terms)
    w = plain(network)
    generator = (w["decoder.weights.weight_hh"] ** 2).sum()
    controller = (w["decoder.controller.weight_hh"] ** 2).sum()
    for epoch, ramps in {0.0: (0, 0), 2.0: (0.25, 0.5), 6.0: (0.75, 1), 50.0: (1, 1)}.items():
        expected = 100 + ramps[0] * (0.7 * 20 + 0.4 * 3) + ramps[1] * (0.2 * generator + 0.3 * controller) / 2
        assert network.loss(batch, epoch, torch.Generator()).item() == pytest.approx(expected, rel=1e-6)


def test_what_the_encoders_see_is_what_is_not_learned_from(monkeypatch):
    network, batch = drawn()
    told, of = [], network.terms
    monkeypatch.setattr(network, "terms", lambda *arguments: told.append(arguments) or of(*arguments))
    network.loss(batch, 0.0, torch.Generator().manual_seed(2))
    _, shown, learns, *_ = told[0]
    stays = ~learns[..., :VISIBLE]
    torch.testing.assert_close(shown, torch.where(stays, batch.visible / 0.6, 0.0))
    assert learns[..., VISIBLE:].all()
    # 330 entries: a share of 0.6 is within 0.08 of that with a probability of 0.997.
    assert stays.double().mean().item() == pytest.approx(0.6, abs=0.08)


def test_the_gradient_flows_through_nothing_else():
    network, batch = drawn()
    learns = torch.from_numpy(stream(4, "test").random((TRIALS, BINS, NEURONS)) < 0.3)
    noise = network.noise(batch, torch.Generator().manual_seed(3), 1)
    network.terms(batch, batch.visible, learns, noise, None).likelihood.backward()
    decoded = network.decode(network.encode(batch.visible, None), batch.stimulus, noise, None)
    expected = network.to_log_rates(decoded.factors).exp().transpose(0, 1)
    # d(−log p) / d(log rate) of a Poisson count is rate − count.
    by_bias = ((expected - batch.counts) * (learns & batch.seen)).sum(dim=(0, 1)) / TRIALS
    torch.testing.assert_close(network.to_log_rates.bias.grad, by_bias, rtol=1e-10, atol=1e-12)


def test_dropout_hides_units_and_only_in_training():
    network, batch = drawn(dropout=0.5)
    encodings = [network.encode(batch.visible, torch.Generator().manual_seed(seed)).course for seed in (0, 1)]
    assert not torch.equal(*encodings)
    assert (encodings[0] == 0).double().mean().item() == pytest.approx(0.5, abs=0.06)
    assert (network.encode(batch.visible, None).course != 0).all()


@pytest.mark.parametrize("controlled", [True, False])
@pytest.mark.parametrize("rows", [1000, 13])
def test_answers_are_means_over_draws(controlled, rows, monkeypatch):
    monkeypatch.setattr(_lfads, "_ROWS", rows)
    network, batch = drawn(controlled=controlled, samples=400)
    with torch.no_grad():
        encoded = network.encode(batch.visible, None)
        draws = torch.Generator().manual_seed(0)
        found = network.infer(batch, draws)
        noise, stimulus = network.noise(batch, draws, 400), batch.stimulus.repeat(400, 1, 1)
        decoded = network.decode(encoded.repeated(400), stimulus, noise, None)
        states = decoded.states.unflatten(1, (400, TRIALS)).transpose(0, 2)
    # Two means of 400 draws: a difference of six standard errors is a mistake.
    error = states.std(dim=1) * (2 / 400) ** 0.5
    assert ((found.states - states.mean(dim=1)).abs() < 6 * error + 1e-9).all()
    assert found.expected.shape == (TRIALS, BINS, NEURONS)
    assert (found.inputs is not None) == controlled


@pytest.mark.parametrize(
    ("controlled", "given", "kind"),
    [(True, "none", "inferred"), (False, "given", "stimulus"), (False, "none", "none")],
)
def test_the_law_moves_the_states_and_gives_their_rates(controlled, given, kind):
    network, batch = drawn(controlled=controlled, inputs=given)
    noise = network.noise(batch, torch.Generator().manual_seed(5), 1)
    with torch.no_grad():
        decoded = network.decode(network.encode(batch.visible, None), batch.stimulus, noise, None)
        expected = network.to_log_rates(decoded.factors).numpy()
    law = network.law()
    assert law.inputs == kind
    inputs = decoded.inferred.inputs.numpy() if controlled else batch.stimulus.transpose(0, 1).numpy()
    inputs = inputs if kind != "none" else inputs[..., :0]
    assert law.n_inputs == inputs.shape[2]
    states = decoded.states.numpy()
    for now in range(1, BINS):
        stepped = law.step(states[now - 1], inputs[now])
        np.testing.assert_allclose(stepped, states[now], rtol=0, atol=1e-13)
    np.testing.assert_allclose(states @ law.weight.T + law.bias, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("changed", [{"states": "factors", "inputs": "none"}, {"inputs": "given"}])
def test_an_answer_that_cannot_name_its_dynamics_brings_none(changed):
    assert drawn(**changed)[0].law() is None


@pytest.fixture(scope="module")
def fitted(world):
    settings = {"inputs": "none", "encoder_units": 16, "generator_units": 16, "coordinated_dropout": 0.3}
    return method(**settings).fit(world.recording, 0)


def test_it_finds_more_than_smoothing_does(world, fitted):
    rows = {row.metric: row for row in score(fitted, world.truth, ["co_bps", "rate_r2", "state_recall"], 0)}
    smoothed = SMOOTHING.fit(world.recording, 0)
    assert rows["co_bps"].value > score(smoothed, world.truth, ["co_bps"], 0)[0].value
    assert rows["co_bps"].value > 0.85 * rows["co_bps"].ceiling
    assert rows["state_recall"].value > 0.9


def test_its_answer_says_what_it_is(world, fitted):
    assert fitted.parameters["states"] == "generator"
    assert fitted.parameters["samples"] == 9
    assert not fitted.given_inputs
    for split, answered in fitted.splits.items():
        shape = world.recording.splits[split].valid.shape
        assert answered.states.shape == (*shape, 16)
        assert answered.inputs.shape == (*shape, 2)


def test_its_states_follow_the_dynamics_that_it_brings(world, fitted):
    dynamics, test = RunnableDynamics(fitted.dynamics, 16), fitted.splits["test"]
    states, inputs = test.states, test.inputs[:, 1:].reshape(-1, 2)
    before, after = states[:, :-1].reshape(-1, 16), states[:, 1:].reshape(-1, 16)
    errors, moves = dynamics.step(before, inputs) - after, after - before
    # States are means over draws, and a mean of steps is not the step of a mean.
    assert (errors**2).sum() < 0.05 * (moves**2).sum()
    rates_hz = dynamics.readout(test.states)
    assert np.corrcoef(np.log(rates_hz).ravel(), np.log(test.rates_hz).ravel())[0, 1] > 0.99


def test_the_shipped_settings_are_read():
    for name in ("lfads", "lfads_short"):
        path = shipped("specs") / "data_models" / f"{name}.yaml"
        read = LFADS.model_validate(YAML(typ="safe").load(path.read_text()))
        assert read.states in ("generator", "factors")
