"""Sequential autoencoders: what their networks compute, and what a fit is worth."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from ctdspec.errors import MethodError
from ctdspec.methods import extra
from ctdspec.methods.fitting import Fitting
from ctdspec.methods.sae import Sae
from ctdspec.methods.smoothing import Smoothing
from ctdspec.methods.trained import Sizes
from ctdspec.metrics.score import score
from ctdspec.spec.component import kinds
from ctdspec.submissions.runnable import RunnableDynamics

torch = pytest.importorskip("torch", reason="training is an extra: uv run --extra train pytest")

from ctdspec.methods._sae import coordinated, pooled  # noqa: E402
from ctdspec.methods._sequential import Batch  # noqa: E402
from ctdspec.methods._trials import Order, Trials  # noqa: E402

CELLS = {
    "gru": {},
    "vanilla": {"noise_sd": 0.3},
    "linear": {"noise_sd": 0.3},
    "low_rank": {"noise_sd": 0.3, "leak": 0.2, "rank": 2, "random_gain": 0.8},
    "neural_ode": {
        "noise_sd": 0.3, "hidden_units": 11, "hidden_layers": 2, "bin_time": 0.1, "integrator": "euler",
        "steps_per_bin": 1,
    },
}  # fmt: skip
N_TRIALS, N_BINS, N_VISIBLE, N_NEURONS, N_INPUTS = 5, 12, 7, 10, 2
RECIPE = {
    "batch_trials": 20, "learning_rate": 0.01, "warmup_steps": 10, "decay": 0.5, "plateau_checks": 3,
    "patience_checks": 8, "check_every_epochs": 5, "max_epochs": 150, "gradient_clip": 1.0,
    "weight_decay": 0.0, "device": "cpu",
}  # fmt: skip


def sae(kind="gru", units=6, inputs="given", **changed):
    fields = {
        "name": "sae", "kind": "sae", "inputs": inputs, "coordinated_dropout": 0.3,
        "cell": kinds("cell")[kind](kind=kind, units=units, **CELLS[kind]),
        "encoder": {"units": 8, "bins": 5, "dropout": 0.1},
        "fitting": Fitting(**RECIPE),
    }  # fmt: skip
    return Sae.model_validate(fields | changed)


def network(kind="gru", **changed):
    sizes = Sizes(N_VISIBLE, np.linspace(0.1, 0.4, N_NEURONS), N_INPUTS, N_BINS)
    return sae(kind, **changed).network(sizes, 0)


def draws():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    counts = torch.from_numpy(rng.poisson(0.5, (N_TRIALS, N_BINS, N_NEURONS)).astype(np.float32))
    seen = torch.from_numpy(rng.random((N_TRIALS, 1, N_NEURONS)) < 0.8)
    stimulus = torch.from_numpy(rng.standard_normal((N_TRIALS, N_BINS, N_INPUTS), np.float32))
    valid = torch.ones(N_TRIALS, N_BINS, dtype=torch.bool)
    return Batch(counts[..., :N_VISIBLE], counts, seen.expand(counts.shape), stimulus, valid)


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("inputs", ["given", "none"])
def test_states_are_those_of_the_cell_in_numpy(kind, inputs, batch):
    model = network(kind, inputs=inputs).eval()
    with torch.no_grad():
        found = model.infer(batch, draws())
        state = model._initial_states(batch.visible, draws()).numpy()
    weights = {name: array.detach().numpy() for name, array in model.cell_weights.items()}
    given = batch.stimulus.numpy() if inputs == "given" else batch.stimulus.numpy()[..., :0]
    for time in range(N_BINS):
        state = model.spec.cell.step(weights, state, given[:, time], None)
        np.testing.assert_allclose(found.states[:, time], state, rtol=0, atol=1e-6)
    weight, bias = (getattr(model.readout, name).detach().numpy() for name in ("weight", "bias"))
    np.testing.assert_allclose(found.expected[:, -1], np.exp(state @ weight.T + bias), rtol=1e-5)


@pytest.mark.parametrize("kind", CELLS)
def test_the_loss_reaches_every_weight_that_is_trained(kind, batch):
    model = network(kind)
    model.loss(batch, 0.0, draws()).backward()
    free = {name: array.grad for name, array in model.named_parameters() if array.requires_grad}
    assert all(torch.isfinite(grad).all() and grad.abs().max() > 0 for grad in free.values())
    fixed = {name for name, array in model.named_parameters() if not array.requires_grad}
    assert fixed == {f"cell_weights.{name}" for name in model.spec.cell.fixed_weights}


def test_the_loss_is_the_poisson_likelihood_of_what_the_encoder_did_not_see(batch):
    # The mask is drawn again from the same seed; the likelihood is SciPy's.
    from scipy.stats import poisson

    model = network(encoder={"units": 8, "bins": 5, "dropout": 0.0})
    shown, counted = coordinated(batch, 0.3, draws())
    with torch.no_grad():
        expected = model.infer(replace(batch, visible=shown), draws()).expected.numpy()
        loss = model.loss(batch, 0.0, draws()).item()
    counts, mask = batch.counts.numpy(), counted.numpy()
    own = poisson.logpmf(counts, 1) + 1  # the term of the counts alone
    assert loss == pytest.approx(-(poisson.logpmf(counts, expected) - own)[mask].mean(), rel=1e-5)


def test_no_count_that_the_encoder_sees_is_also_its_target(batch):
    counts = batch.counts.clone().requires_grad_()
    whole = replace(batch, visible=counts[..., :N_VISIBLE], counts=counts)
    shown, counted = coordinated(whole, 0.3, draws())
    (as_input,) = torch.autograd.grad(shown.sum(), counts)
    assert 0.5 < (as_input[..., :N_VISIBLE] > 0).float().mean() < 0.9
    assert not ((as_input > 0) & counted).any()
    # What is not dropped is divided by the share that is kept; what no encoder sees always counts.
    assert as_input[..., :N_VISIBLE].unique().tolist() == [0.0, pytest.approx(1 / 0.7)]
    assert (counted[..., N_VISIBLE:] == batch.seen[..., N_VISIBLE:]).all()
    assert not (counted & ~batch.seen).any()
    # The same by the loss itself: as targets alone, kept counts have no gradient.
    targets = batch.counts.clone().requires_grad_()
    (as_target,) = torch.autograd.grad(network().loss(replace(batch, counts=targets), 0, draws()), targets)
    assert ((as_target != 0) == counted).all()


def test_without_coordinated_dropout_all_is_seen_and_counts(batch):
    shown, counted = coordinated(batch, 0.0, draws())
    assert torch.equal(shown, batch.visible)
    assert torch.equal(counted, batch.seen)


@pytest.mark.parametrize("n_bins", [1, 3, 5])
def test_pooled_counts_are_sums(n_bins, batch):
    starts = np.arange(0, N_BINS, n_bins)
    expected = np.add.reduceat(batch.visible.numpy(), starts, axis=1)
    np.testing.assert_array_equal(pooled(batch.visible, n_bins), expected)


def test_it_cannot_see_what_was_not_recorded(world_of_short_trials):
    recording = world_of_short_trials.recording
    rng = np.random.default_rng(0)
    own = recording.splits["train"]
    observed = rng.random((len(own.valid), 15)) < 0.7
    recorded = own.spikes * own.valid[..., None] * observed[:, None]
    rubbish = np.where(own.valid[..., None] & observed[:, None], recorded, 9).astype(np.uint16)
    batches = []
    for counts in (recorded, rubbish):
        split = replace(own, counts=counts.astype(np.uint16), observed=observed)
        one = replace(recording, splits={**recording.splits, "train": split})
        trials = Trials(one, "train", Order.of(one))
        batches.append(trials.whole(np.arange(40), trials.mean_counts, torch.device("cpu")))
    assert torch.equal(batches[0].visible, batches[1].visible)
    assert torch.equal(batches[0].seen, batches[1].seen)
    # Where a neuron was lost, the encoder sees its mean; outside a trial, nothing.
    is_lost = ~torch.from_numpy(observed[:40][:, None, Order.of(recording).visible])
    valid = batches[0].valid[..., None]
    values = batches[0].visible[(is_lost & valid).expand(batches[0].visible.shape)]
    assert len(values.unique()) == 12
    assert values.min() > 0
    assert (batches[0].visible * ~valid == 0).all()


def test_windows_are_pieces_of_trials(world):
    recording = world.recording
    trials = Trials(recording, "train", order := Order.of(recording))
    rows, starts = np.array([3, 70, 3]), np.array([0, 40, 17])
    cut = trials.windows(rows, starts, 20, trials.mean_counts, torch.device("cpu"))
    for number, (row, start) in enumerate(zip(rows, starts, strict=True)):
        whole = recording.splits["train"].spikes[row, start : start + 20]
        np.testing.assert_array_equal(order.restored(cut.counts[number].numpy()), whole)
    np.testing.assert_array_equal(cut.visible[0], recording.held_in_spikes("train")[3, :20])


def test_a_recording_without_held_out_neurons_is_answered_in_whole(world_without_held_out):
    brief = Fitting(**{**RECIPE, "max_epochs": 1, "check_every_epochs": 1, "window_bins": 20})
    answer = sae(inputs="none", fitting=brief).fit(world_without_held_out.recording, 0)
    assert answer.splits["test"].rates_hz.shape == (20, 60, 15)
    assert answer.splits["test"].states.shape == (20, 60, 6)
    # Its first rates are the neurons' own means, in the order of the recording.
    mean_hz = world_without_held_out.recording.splits["train"].spikes.mean((0, 1)) / 0.02
    assert np.corrcoef(mean_hz, answer.splits["test"].rates_hz.mean((0, 1)))[0, 1] > 0.95


@pytest.mark.parametrize("kind", CELLS)
def test_an_answer_brings_the_dynamics_that_its_states_follow(kind, world):
    short = {"max_epochs": 1, "check_every_epochs": 1, "window_bins": 10, "learning_rate": 1e-3}
    brief = Fitting(**{**RECIPE, **short})
    answer = sae(kind, inputs="none", fitting=brief).fit(world.recording, 0)
    assert answer.dynamics is not None
    assert answer.dynamics.inputs == "none"
    dynamics, states = RunnableDynamics(answer.dynamics, 6), answer.splits["test"].states
    moved = dynamics.step(states[:, 10], np.zeros((len(states), 0)))
    np.testing.assert_allclose(moved, states[:, 11], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(dynamics.readout(states), answer.splits["test"].rates_hz, rtol=1e-5)


@pytest.mark.slow
def test_a_fit_beats_smoothing(world):
    # The worlds' 20 test trials tell co-bps to 0.02; the difference is near 0.1.
    shipped = Smoothing(
        kind="smoothing", name="smoothing", widths_s=[0.04, 0.08], floor_hz=0.1, offset_hz=3.0,
        readout={"ridges": [1e-3], "fit_bins": 10_000},
    )  # fmt: skip
    answers = [sae(units=16, inputs="none").fit(world.recording, 0), shipped.fit(world.recording, 0)]
    bits = [score(answer, world.truth, ["co_bps"], 0)[0].value for answer in answers]
    assert bits[0] > bits[1]


def test_without_pytorch_it_is_said_what_to_install(world, monkeypatch):
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == "torch" else SimpleNamespace())
    with pytest.raises(MethodError, match=r"needs torch, .* uv sync --extra train"):
        sae().fit(world.recording, 0)
