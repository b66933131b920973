"""Every cell learns, and a task of several conditions is judged in each of them."""

import numpy as np
import pytest
from ruamel.yaml import YAML

from ctdspec.errors import TrainingError
from ctdspec.resources import shipped
from ctdspec.systems.recipe import Acceptance
from ctdspec.systems.task_trained import TaskTrained
from ctdspec.systems.training import judge, train
from ctdspec.tasks.multitask import MultiTask

CELLS = {
    "vanilla": {"noise_sd": 0.01},
    "leaky_rate": {"noise_sd": 0.01, "leak": 0.5},
    "low_rank": {"noise_sd": 0.01, "leak": 0.5, "rank": 2, "random_gain": 0.0},
    "neural_ode": {
        "noise_sd": 0.01, "hidden_units": 24, "hidden_layers": 1, "bin_time": 0.5, "integrator": "euler",
        "steps_per_bin": 1,
    },
    "lstm": {},
}  # fmt: skip


def unheard(items, doing, total):
    return items


@pytest.fixture(autouse=True)
def torch():
    return pytest.importorskip("torch", reason="training is an extra: uv run --extra train pytest")


@pytest.mark.parametrize("kind", CELLS)
def test_a_small_network_of_every_cell_learns_to_remember_a_bit(kind, task, make_system, tmp_path):
    fields = make_system(accept={"accuracy": 0.9, "trials": 50}).model_dump()
    cell = {"kind": kind, "units": 12, **CELLS[kind]}
    system = TaskTrained.model_validate(fields | {"cell": cell})
    # A network that guesses is right in half of the bins.
    assert train(system, task, 0, tmp_path, unheard).accuracy >= 0.9


def multitask(rules, **changes):
    fields = YAML(typ="safe").load((shipped("specs") / "tasks/multitask.yaml").read_text())
    return MultiTask(**fields | {"rules": rules} | changes)


def system_for(task, **training):
    recipe = {
        "practice": task.model_dump(), "batch_trials": 16, "steps": 2, "learning_rate": 0.01,
        "warmup_steps": 1, "gradient_clip": 1.0, "check_every_steps": 1,
        "accept": {"accuracy": 1e-9, "trials": 40},
    }  # fmt: skip
    cell = {"kind": "vanilla", "units": 8, "noise_sd": 0.0}
    return TaskTrained(kind="task_trained", cell=cell, training=recipe | training)


def test_a_condition_that_misses_its_bar_is_named(tmp_path):
    task = multitask(["DelayPro", "MatchCatAnti"])
    system = system_for(task, accept={"accuracy": 0.5, "trials": 40, "every_condition": 0.4})
    with pytest.raises(TrainingError, match=r"every_condition: 0\.4 was asked; the worst, \w+, reached 0\."):
        train(system, task, 0, tmp_path, unheard)


def test_each_condition_is_judged_by_itself():
    task = multitask(["MatchCatPro", "MatchCatAnti"], tolerance_deg=179)
    weights = system_for(task).initial_weights(task, np.random.default_rng(0))
    weights = {name: 0 * array for name, array in weights.items()}
    # Who fixates always is right in every trial without a match, and only there.
    weights["readout.bias"][0] = 1
    accuracy, by_condition = judge(system_for(task), task, weights, 0, 0)
    assert set(by_condition) == {"MatchCatPro", "MatchCatAnti"}
    assert accuracy == pytest.approx(np.mean([*by_condition.values()]))
    assert 0.1 < accuracy < 0.9


def test_a_bar_holds_for_the_mean_and_for_the_worst():
    bar = Acceptance(accuracy=0.9, trials=10, every_condition=0.8)
    assert bar.is_met(0.95, {"a": 0.8, "b": 1.0})
    assert not bar.is_met(0.95, {"a": 0.79, "b": 1.0})
    assert not bar.is_met(0.89, {"a": 0.8, "b": 1.0})
    assert Acceptance(accuracy=0.9, trials=10).is_met(0.9, {})


def test_a_bar_for_conditions_needs_conditions(task, make_system):
    system = make_system(accept={"accuracy": 0.9, "trials": 10, "every_condition": 0.8})
    with pytest.raises(ValueError, match="'flip_flop' has no conditions; leave it out"):
        system.ensure_serves(task)


def test_padding_after_the_longest_trial_of_a_batch_is_not_simulated(tmp_path):
    from ctdspec.systems._lightning import Learner

    task = multitask(["DelayPro"])
    learner = Learner(system_for(task), task, 0, tmp_path / "none.ckpt")
    noise, _start, inputs, targets, counts, valid, *_ = learner._batch()
    assert noise.shape[1] == inputs.shape[1] == targets.shape[1] == counts.shape[1] == valid.shape[1] <= 145
    assert valid[:, -1].any()
