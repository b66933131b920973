"""The shipped networks that turn reaches into muscle activity: made by their recipes, and as good as said."""

import json

import numpy as np
import pytest

from ctdspec.benchmark import load
from ctdspec.dynamics.simulate import simulate
from ctdspec.resources import shipped
from ctdspec.seeds import stream
from ctdspec.spec.digest import digest

NAMES = ("muscle_reach_regularised", "muscle_reach_unregularised")


def report_of(name):
    return json.loads((shipped("datasets") / name / "training.json").read_text())


@pytest.mark.parametrize("name", NAMES)
def test_weights_were_made_by_the_shipped_recipe(name):
    benchmark, report = load(name), report_of(name)
    assert report["task"] == digest(benchmark.task)
    assert report["recipe"] == digest(benchmark.system.model_copy(update={"weights": None}))
    accept = benchmark.system.training.accept
    last = report["curve"][-1]
    assert accept.is_met(last["accuracy"], last["by_condition"])
    assert accept.accuracy >= 0.94


@pytest.mark.parametrize("name", NAMES)
def test_they_explain_what_their_report_says(name):
    benchmark, report = load(name), report_of(name)
    network = benchmark.system.dynamics(benchmark.task, benchmark.system.shipped_weights)
    trials = benchmark.task.sample(81, stream(9, "test"))
    outputs = network.readout(simulate(network, trials.inputs, stream(10, "test")))
    # Coefficient of determination by hand, over all reaches with all delays.
    mean = trials.targets.mean(axis=(0, 1))
    explained = 1 - np.square(outputs - trials.targets).sum() / np.square(trials.targets - mean).sum()
    assert explained == pytest.approx(report["accuracy"], abs=1e-3)
    assert not network.initial_states(1, stream(11, "test")).any()


def test_they_are_one_task_and_differ_in_how_they_were_trained():
    calm, wild = (load(name) for name in NAMES)
    assert calm.task == wild.task
    assert (calm.system.cell.units, calm.task.n_bins, len(calm.task.condition_names)) == (150, 160, 27)
    assert (calm.system.cell.initial_gain, wild.system.cell.initial_gain) == (1.5, 4.0)
    assert calm.system.training.regularisers is not None
    assert wild.system.training.regularisers is None
    points = load("muscle_reach").recordings
    assert [point.system for point in points] == [calm.system, wild.system]
    assert [point.point for point in points] == ["system_regularised", "system_unregularised"]
