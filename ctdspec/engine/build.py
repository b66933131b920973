"""The steps that make a dataset: the resolved spec, the ground truth, and the NWB pair."""

from __future__ import annotations

from functools import partial

from ctdspec.atomic import write_text
from ctdspec.benchmark import Benchmark, recipe_digest, recipe_yaml, resolved_yaml
from ctdspec.engine.blocks import BLOCK_TRIALS
from ctdspec.engine.execute import CHUNK_TRIALS
from ctdspec.engine.generate import Generator
from ctdspec.engine.session import recorded_session
from ctdspec.engine.size import data_size
from ctdspec.engine.step import Cost, Made, Site, Step, code_digest, new_step
from ctdspec.engine.train import kept_weights
from ctdspec.engine.variables import MEASURED, simulated_variables
from ctdspec.spec.digest import digest
from ctdspec.spec.kept import kept
from ctdspec.store.digest import combined_digest, file_digest
from ctdspec.store.nwb import write_nwb_pair
from ctdspec.store.summary import ArraySummary
from ctdspec.store.truth import read_attribute, truth_arrays, truth_digest, writing_truth
from ctdspec.systems.system import System
from ctdspec.systems.task_trained import TaskTrained

PUBLIC = (
    *("spikes", "signals", "stimulus", "outputs", "valid", "forward", "split", "time_s"),
    *("held_out", "neuron_id", "population", "observed"),
)
"""What an answer answers: the digest of the dataset is over these arrays (and hides what they hide)."""


# Measured on the shipped benchmarks.
_SECONDS_PER_VALUE, _SECONDS_PER_SPIKE, _BYTES_PER_VALUE = 6e-8, 6e-8, 24

VERSION = 1
"""Of the code of these steps; see `new_step`."""


def spec_step(benchmark: Benchmark) -> Step:
    """Give the step that writes the resolved spec."""
    make = partial(_make_spec, benchmark)
    return new_step((benchmark.folder, "spec"), VERSION, {"spec": digest(benchmark)}, [], make)


def truth_step(benchmark: Benchmark, spec: Step, weights: list[Step]) -> Step:
    """Give the step that makes the ground truth."""
    depends_on = {
        "recipe": recipe_digest(benchmark),
        "code": code_digest(benchmark.task, benchmark.system, benchmark.observation),
        "weights": _weights_digest(benchmark.system),
    }
    at, make = (benchmark.folder, "truth"), partial(_make_truth, benchmark)
    return new_step(at, VERSION, depends_on, weights, make, _truth_cost(benchmark), after=[spec])


@kept
def _weights_digest(system: System) -> str:
    """Give the digest of the weights that come with the package; empty for a system that has none."""
    shipped = system.shipped_weights if isinstance(system, TaskTrained) else None
    return file_digest(shipped) if shipped else ""


def nwb_step(benchmark: Benchmark, truth: Step) -> Step:
    """Give the step that writes what an experimenter sees."""
    size, make = data_size(benchmark), partial(_make_nwb, benchmark)
    cost = Cost(1 + size.spikes * _SECONDS_PER_SPIKE, 4e8, size.nwb_bytes)
    return new_step((benchmark.folder, "nwb"), VERSION, {}, [truth], make, cost)


def _truth_cost(benchmark: Benchmark) -> Cost:
    size = data_size(benchmark)
    per_trial = size.bins * (size.neurons + benchmark.system.n_latents)
    chunk_bytes = min(size.trials, CHUNK_TRIALS) * per_trial * _BYTES_PER_VALUE
    return Cost(1 + size.trials * per_trial * _SECONDS_PER_VALUE, 3e8 + chunk_bytes, size.truth_bytes)


def _make_spec(benchmark: Benchmark, site: Site) -> Made:
    folder = site.folder
    write_text(folder.spec_yaml, resolved_yaml(benchmark))
    facts = {"name": benchmark.folder, "spec": digest(benchmark), "seed": benchmark.seed}
    return Made({folder.spec_yaml: None}, facts | {"private": benchmark.private is True})


def _make_truth(benchmark: Benchmark, site: Site) -> Made:
    folder = site.folder
    dynamics = benchmark.system.dynamics(benchmark.task, kept_weights(benchmark, folder))
    with writing_truth(folder.truth, simulated_variables(benchmark, dynamics), BLOCK_TRIALS) as truth:
        Generator(benchmark, dynamics, truth, site.chunk_trials, site.track).run()
        arrays = truth.summaries()
        dataset = _dataset_digest(arrays)
        truth.set_attributes(
            {"recipe": recipe_yaml(benchmark), "dataset": dataset, "bin_s": benchmark.task.bin_s}
        )
    made = truth_digest(folder.truth, {name: summary.digest for name, summary in arrays.items()})
    return Made({folder.truth: made}, {"arrays": arrays, "dataset": dataset})


def _dataset_digest(arrays: dict[str, ArraySummary]) -> str:
    return combined_digest({name: arrays[name].digest for name in PUBLIC if name in arrays})


def _make_nwb(benchmark: Benchmark, site: Site) -> Made:
    folder, weights = site.folder, kept_weights(benchmark, site.folder)
    truth = truth_arrays(folder.truth)
    measurements = benchmark.system.dynamics(benchmark.task, weights).measurements
    session = recorded_session(benchmark, truth, read_attribute(folder.truth, "dataset"), measurements)
    measured = {name: truth[f"{MEASURED}/{name}"] for name in measurements}
    if benchmark.observation.noise.records == "signals":
        recorded = truth["signals"]
    else:
        recorded = truth["spike_steps"] if session.steps_per_bin > 1 else truth["spikes"]
    stimulus, outputs = truth.get("stimulus"), truth.get("outputs")
    digests = write_nwb_pair(folder, session, recorded, stimulus, outputs, measured=measured)
    return Made({folder.path / path: digest for path, digest in digests.items()})
