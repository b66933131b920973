"""Every shipped system can be named in a spec, run, and be refused where the user can see it."""

from importlib.util import find_spec

import numpy as np
import pytest

from ctdspec.benchmark import load
from ctdspec.dynamics.simulate import simulate
from ctdspec.resources import shipped
from ctdspec.seeds import stream
from ctdspec.spec.digest import digest
from ctdspec.spec.problem import SpecError
from ctdspec.tasks.spontaneous import Spontaneous

FILES = sorted((shipped("specs") / "systems").glob("*.yaml"))
NAMES = [path.stem for path in FILES if "weights:" not in path.read_text()]
TASK = Spontaneous(kind="spontaneous", trial_s=0.5, bin_s=0.01)
BENCHMARK = """\
ctdspec: 1
kind: benchmark
name: partial
title: A part of a network
seed: 0
task: {{kind: spontaneous, trial_s: 1.0, bin_s: 0.01}}
system: {{use: systems/{name}, {changes}}}
observation:
  neurons: {{circuit: {circuit}, held_in: 20, held_out: 5, selection: {{kind: first}}}}
  embedding: {{kind: identity}}
  rates: {{kind: exp, mean_hz: 10.0, gain: 0.5, across: neuron, mean_log_sd: 0.0}}
  noise: {{kind: poisson}}
trials: {{train: 20, val: 10, test: 10}}
data_models: []
metrics: [rate_r2]
"""


@pytest.mark.parametrize("name", NAMES)
def test_it_runs(shipped_system, name):
    if name == "dysts" and find_spec("dysts") is None:
        pytest.skip("dysts is an extra: uv run --extra dysts pytest")
    system = shipped_system(name)
    system.ensure_serves(TASK)
    if "accept" in type(system).model_fields:
        system = system.model_copy(update={"accept": None})
    latents = simulate(system.dynamics(TASK, None), np.zeros((4, 50, 0), np.float32), stream(0, "test"))
    assert np.isfinite(latents).all()
    assert latents.shape == (4, 50, system.n_latents)
    if name != "hopfield":
        assert latents.std(axis=1).max() > 0


def test_a_benchmark_sees_a_part_of_a_network(tmp_path):
    spec = tmp_path / "partial.yaml"
    spec.write_text(BENCHMARK.format(name="ff_chain", changes="units: 60", circuit=60))
    assert load(spec).system.n_latents == 60


@pytest.mark.parametrize(
    ("name", "changes", "circuit", "message"),
    [
        ("ff_chain", "units: 60", 80, "the system has 60 latents, but 80 neurons are declared"),
        ("chaotic_rate_network", "phi: identity", 100, r"system.connectivity\s.* abscissa 1\.\d+, .* stable"),
        ("lowrank_null", "units: 3", 3, r"system.units\s.*needs 4 units or more, found 3"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_where_it_is_written(tmp_path, name, changes, circuit, message):
    spec = tmp_path / "partial.yaml"
    spec.write_text(BENCHMARK.format(name=name, changes=changes, circuit=circuit))
    with pytest.raises(SpecError, match=message):
        load(spec)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "dysts"])
def test_its_resolved_form_is_the_same_system(shipped_system, name):
    system = shipped_system(name)
    fields = system.model_dump(mode="json", exclude_none=True)
    assert digest(type(system).model_validate(fields)) == digest(system)
