"""What is shipped: specs, weights, cards and locks belong together."""

import json

import pytest
from ruamel.yaml import YAML

from ctdspec.benchmark import load, shipped_names
from ctdspec.resources import shipped
from ctdspec.spec.digest import digest
from ctdspec.store.lock import read_lock

DATASETS = shipped("datasets")


def card(name: str) -> dict:
    return YAML(typ="safe").load((DATASETS / name / "card.yaml").read_text())


def test_these_benchmarks_are_shipped():
    assert shipped_names() == [
        "3bff",
        "3bff_ctdb",
        "3bff_node",
        "clicks",
        "context_integration",
        "hubs",
        "lorenz",
        "lorenz_forward",
        "multitask",
        "muscle_reach",
        "muscle_reach_regularised",
        "muscle_reach_unregularised",
        "partial_chain",
        "partial_integrator",
        "partial_looks",
        "partial_low_rank",
        "partial_noise",
        "partial_oscillation",
        "partial_oscillation_half",
        "partial_random",
        "partial_spikes",
        "partial_symmetric",
        "random_target",
        "switching_circuit",
        "switching_states",
    ]


@pytest.mark.parametrize("name", shipped_names())
def test_every_benchmark_has_a_card_and_the_lock_of_its_spec(name):
    assert card(name)["name"] == name
    assert card(name)["licence"] == "BSD-3-Clause"
    assert {"title", "provenance", "intended_use", "limits"} <= set(card(name))
    if load(name).sweep is not None:
        return  # its points are datasets of their own
    lock = read_lock(DATASETS / name / "lock.yaml")
    assert lock.name == name
    assert lock.spec == digest(load(name)), f"the spec changed: run {name} and verify it with --write-lock"


def test_3bff_is_the_canonical_flip_flop():
    benchmark = load("3bff")
    task, cell = benchmark.task, benchmark.system.cell
    assert (task.bits, task.n_bins, task.bin_s, task.pulse_probability) == (3, 500, 0.01, 0.01)
    assert (task.input_noise_sd, task.switch_mask_bins) == (0.15, 4)
    assert (cell.kind, cell.units, cell.noise_sd) == ("noisy_gru", 64, 0.01)
    assert benchmark.observation.rates.mean_hz == 10


def test_both_flip_flops_share_task_system_and_seed():
    ours, theirs = load("3bff"), load("3bff_ctdb")
    assert (ours.task, ours.system, ours.seed) == (theirs.task, theirs.system, theirs.seed)
    rates = theirs.observation.rates
    assert (rates.kind, rates.gain, rates.across, rates.mean_hz) == ("exp", 0.5, "population", 116)


@pytest.mark.parametrize("name", sorted(path.parent.name for path in DATASETS.glob("*/weights.safetensors")))
def test_shipped_weights_were_made_by_the_shipped_recipe(name):
    assert (DATASETS / name / "weights.safetensors").stat().st_size < 1e6
    report = json.loads((DATASETS / name / "training.json").read_text())
    benchmark = load(name)
    assert report["task"] == digest(benchmark.task)
    assert report["recipe"] == digest(benchmark.system.model_copy(update={"weights": None}))
    assert report["accuracy"] >= benchmark.system.training.accept.accuracy


def test_the_bar_of_the_flip_flop_is_just_below_the_ideal_observers():
    assert load("3bff").system.training.accept.accuracy >= 0.99
