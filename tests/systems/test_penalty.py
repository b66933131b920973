"""The regularisers, judged by sums in NumPy and by the Jacobian of complex steps."""

import numpy as np
import pytest
from pydantic import ValidationError

from ctdspec.dynamics.jacobian import complex_step_jacobian
from ctdspec.dynamics.simulate import simulate
from ctdspec.errors import TrainingError
from ctdspec.seeds import stream
from ctdspec.systems.cells.leaky_current import LeakyCurrent
from ctdspec.systems.cells.low_rank import LowRank
from ctdspec.systems.recipe import Regularisers
from ctdspec.systems.trained_network import TrainedNetwork, network_weights
from ctdspec.systems.training import train

N_TRIALS, N_BINS, N_INPUTS = 400, 6, 2
CELL = LowRank(kind="low_rank", units=5, rank=1, random_gain=0.5, leak=0.3, noise_sd=0.1)


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="training is an extra: uv run --extra train pytest")


@pytest.fixture
def setting(torch):
    """Give weights, and what a network did, as NumPy arrays."""
    rng = stream(0, "test")
    weights = {name: a.astype(float) for name, a in network_weights(CELL, N_INPUTS, 3, rng).items()}
    weights["initial_state"] = rng.standard_normal(5)
    latents = rng.standard_normal((N_TRIALS, N_BINS, 5))
    inputs = rng.standard_normal((N_TRIALS, N_BINS, N_INPUTS))
    valid = np.arange(N_BINS) < rng.integers(1, N_BINS + 1, N_TRIALS)[:, None]
    return weights, latents, inputs, valid


def penalty_of(torch, setting, cell=CELL, **factors):
    from ctdspec.systems._penalty import Probes, Run, draw_probes, penalty

    weights, latents, inputs, valid = setting
    fixed = {f"cell.{name}" for name in CELL.fixed_weights}
    tensors = {n: torch.from_numpy(a).requires_grad_(n not in fixed) for n, a in weights.items()}
    bins, directions = draw_probes(valid, 5, stream(1, "test"))
    probes = Probes(torch.from_numpy(bins), torch.from_numpy(directions.astype(float)))
    run = Run(torch.from_numpy(latents), torch.from_numpy(inputs), torch.from_numpy(valid), probes)
    return penalty(Regularisers(**factors), TrainedNetwork(cell, tensors), run), tensors, bins


def test_weights_count_by_their_mean_square_without_biases_and_fixed_ones(torch, setting):
    found, _, _ = penalty_of(torch, setting, weights=0.5)
    names = ("cell.weight_left", "cell.weight_right", "cell.weight_ih", "readout.weight")
    entries = np.concatenate([setting[0][name].ravel() for name in names])
    assert found.item() == pytest.approx(0.5 * np.mean(entries**2))


def test_the_outer_weights_are_those_of_inputs_and_readout(torch, setting):
    found, _, _ = penalty_of(torch, setting, outer_weights=0.5)
    entries = np.concatenate([setting[0][name].ravel() for name in ("cell.weight_ih", "readout.weight")])
    assert found.item() == pytest.approx(0.5 * np.mean(entries**2))


def test_rates_count_as_the_cell_passes_them_on(torch, setting):
    found, _, _ = penalty_of(torch, setting, rates=2.0)
    assert found.item() == pytest.approx(2 * np.mean(setting[1][setting[3]] ** 2)), (
        "this cell passes states on"
    )
    cell = LeakyCurrent(
        kind="leaky_current", units=5, phi="rectified_tanh", leak=0.3, initial_gain=1, noise_sd=0
    )
    found, _, _ = penalty_of(torch, setting, cell, rates=2.0)
    assert found.item() == pytest.approx(2 * np.mean(np.tanh(setting[1][setting[3]].clip(0)) ** 2))


def test_states_count_within_their_trials_only(torch, setting):
    found, _, _ = penalty_of(torch, setting, states=2.0)
    assert found.item() == pytest.approx(2 * np.mean(setting[1][setting[3]] ** 2))


def test_the_initial_state_counts_by_its_mean_square_and_terms_add_up(torch, setting):
    found, _, _ = penalty_of(torch, setting, initial_state=3.0)
    alone = 3 * np.mean(setting[0]["initial_state"] ** 2)
    assert found.item() == pytest.approx(alone)
    both, _, _ = penalty_of(torch, setting, initial_state=3.0, states=2.0)
    assert both.item() == pytest.approx(alone + 2 * np.mean(setting[1][setting[3]] ** 2))


def test_the_jacobian_counts_by_its_squared_norm_over_the_latents_on_average(torch, setting):
    weights, latents, inputs, valid = setting
    found, tensors, bins = penalty_of(torch, setting, jacobian=1.0)
    assert (bins < valid.sum(axis=1)).all()
    assert bins.max() == N_BINS - 1
    rows = np.arange(N_TRIALS)
    jacobians = complex_step_jacobian(TrainedNetwork(CELL, weights), latents[rows, bins], inputs[rows, bins])
    norms = (jacobians**2).sum(axis=(1, 2)) / 5
    # Signs as probes scatter by less than the norm itself; 400 of them, five standard errors.
    assert found.item() == pytest.approx(norms.mean(), rel=5 / np.sqrt(N_TRIALS))
    found.backward()
    assert tensors["cell.weight_left"].grad.abs().max() > 0


def trained_weights(system, task, folder):
    """Give the weights before and after some steps."""
    from ctdspec.systems._lightning import Learner

    learner = Learner(system, task, 0, folder / "none.ckpt")
    before = learner.weights()
    for _ in range(60):
        learner.advance()
    return before, learner.weights()


def test_a_zero_initial_state_and_fixed_weights_stay_as_they_are(torch, task, make_system, tmp_path):
    system = make_system(initial_state="zero").model_copy(update={"cell": CELL})
    before, after = trained_weights(system, task, tmp_path)
    same = {name for name, array in before.items() if np.array_equal(array, after[name])}
    assert same == {"initial_state", "cell.weight_random"}
    _, learned = trained_weights(make_system(), task, tmp_path)
    assert learned["initial_state"].any()


@pytest.mark.parametrize("term", ["weights", "states", "jacobian"])
def test_a_heavy_regulariser_makes_what_it_is_on_smaller(torch, task, make_system, tmp_path, term):
    system = make_system()

    def size(weights):
        network = TrainedNetwork(system.cell, weights)
        trials = task.sample(20, stream(2, "test"))
        latents = simulate(network, trials.inputs, stream(3, "test"))
        return {
            "weights": np.mean(weights["cell.weight_hh"] ** 2),
            "states": np.mean(latents**2),
            "jacobian": np.mean(
                complex_step_jacobian(network, latents[:, ::40], trials.inputs[:, ::40]) ** 2
            ),
        }[term]

    _, plain = trained_weights(system, task, tmp_path)
    _, regularised = trained_weights(make_system(regularisers={term: 30.0}), task, tmp_path)
    assert size(regularised) < 0.5 * size(plain)


def test_a_factor_on_a_state_that_is_zero_is_refused(make_system):
    with pytest.raises(ValidationError, match="has no effect where initial_state is zero"):
        make_system(initial_state="zero", regularisers={"initial_state": 1.0})


def test_left_out_the_spec_says_what_it_always_said(make_system):
    training = make_system().training.model_dump(mode="json", exclude_none=True)
    assert not {"initial_state", "regularisers"} & training.keys()
    assert set(training["accept"]) == {"accuracy", "trials"}


def test_regularised_training_reports_a_missed_bar_as_any_other(torch, task, make_system, tmp_path):
    tiny = {"steps": 2, "warmup_steps": 1, "check_every_steps": 1, "batch_trials": 2}
    factors = {"weights": 0.1, "states": 0.1, "jacobian": 0.1, "initial_state": 0.1}
    with pytest.raises(TrainingError, match="after 2 steps"):
        train(make_system(**tiny, regularisers=factors), task, 0, tmp_path, lambda items, *_: items)
