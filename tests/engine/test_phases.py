"""Conditions and phases of a task, from its trials to the files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ctdspec.benchmark import load
from ctdspec.engine.blocks import BLOCK_TRIALS
from ctdspec.engine.generate import Generator
from ctdspec.engine.session import recorded_session
from ctdspec.engine.variables import simulated_variables
from ctdspec.seeds import stream
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.nwb import write_nwb_pair
from ctdspec.store.truth import truth_arrays, writing_truth
from ctdspec.systems.trained_network import TrainedNetwork, network_weights
from ctdspec.track import silent

SPEC = """
ctdspec: 1
kind: benchmark
name: cognitive
title: Fifteen tasks and a network that learned none
seed: 2
task: {use: tasks/multitask}
system:
  use: systems/flip_flop_noisy_gru
  weights: null
  training: {practice: {use: tasks/multitask}}
observation: {use: observations/cortex, neurons: {held_in: 8, held_out: 2}}
trials: {train: 60, val: 10, test: 20}
data_models: []
metrics: [rate_r2]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The truth and the NWB pair of an untrained network that is shown the fifteen tasks."""
    path = tmp_path_factory.mktemp("phases")
    (path / "spec.yaml").write_text(SPEC)
    benchmark = load(path / "spec.yaml")
    cell = benchmark.system.cell
    weights = network_weights(cell, 20, 3, stream(0, "test"))
    dynamics, folder = TrainedNetwork(cell, weights), DatasetFolder(path / "cognitive")
    folder.path.mkdir()
    with writing_truth(folder.truth, simulated_variables(benchmark, dynamics), BLOCK_TRIALS) as writer:
        Generator(benchmark, dynamics, writer, 50, silent).run()
    truth = truth_arrays(folder.truth)
    session = recorded_session(benchmark, truth, "0" * 64, {})
    write_nwb_pair(folder, session, truth["spikes"], truth["stimulus"], truth["outputs"])
    return benchmark, {name: np.asarray(array[...]) for name, array in truth.items()}, folder


def read(path: Path):
    from pynwb import NWBHDF5IO

    with NWBHDF5IO(str(path), "r") as io:
        file = io.read()
        return file.trials.to_dataframe(), file.epochs.to_dataframe()


@pytest.mark.parametrize("part", ["train", "test"])
def test_the_files_name_the_condition_and_the_phases_of_every_trial(made, part):
    benchmark, truth, folder = made
    task = benchmark.task
    trials, epochs = read(folder.nwb(part))
    rows = np.flatnonzero((truth["split"] == 2) == (part == "test"))
    names = np.array(task.condition_names)
    np.testing.assert_array_equal(trials["condition_name"], names[truth["condition"][rows]])
    found = {(round(row.start_time / task.bin_s), row.tags[0]): row.stop_time for row in epochs.itertuples()}
    expected = {}
    for place, trial in enumerate(rows):
        for phase in task.phases:
            start, stop = truth[f"phases/{phase}"][trial]
            if stop > start:
                expected[place * task.n_bins + start, phase] = (place * task.n_bins + stop) * task.bin_s
    assert found.keys() == expected.keys()
    assert all(found[key] == pytest.approx(expected[key]) for key in found)
    assert (np.diff(epochs["start_time"]) >= 0).all()


def test_phases_lie_one_after_the_other_and_end_with_the_trial(made):
    benchmark, truth, _ = made
    phases = np.stack([truth[f"phases/{name}"] for name in benchmark.task.phases], axis=1)
    lengths = phases[..., 1] - phases[..., 0]
    np.testing.assert_array_equal(lengths.sum(axis=1), truth["valid"].sum(axis=1))
    assert (lengths > 0).any(axis=0).all()
    assert len(np.unique(truth["condition"])) > 10


def test_the_inspector_has_nothing_to_say(made):
    from nwbinspector import inspect_nwbfile, load_config

    for part in ("train", "test"):
        for config in (None, load_config("dandi")):
            assert list(inspect_nwbfile(nwbfile_path=made[2].nwb(part), config=config)) == []
