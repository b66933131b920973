"""Building a dataset: the trained system, the ground truth, and the NWB pair."""

from __future__ import annotations

from pathlib import Path

from ctdspec.atomic import write_text
from ctdspec.benchmark import Benchmark, load, recipe_yaml, resolved_yaml
from ctdspec.engine.analysis import analysis_steps
from ctdspec.engine.blocks import BLOCK_TRIALS
from ctdspec.engine.ceilings import ceiling_steps
from ctdspec.engine.generate import Generator
from ctdspec.engine.private import ensure_same_secret
from ctdspec.engine.session import recorded_session
from ctdspec.engine.steps import Made, Steps
from ctdspec.engine.train import ready_weights
from ctdspec.engine.variables import MEASURED, simulated_variables
from ctdspec.spec.digest import digest
from ctdspec.store.digest import combined_digest, file_digest
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.nwb import write_nwb_pair
from ctdspec.store.summary import ArraySummary
from ctdspec.store.truth import truth_arrays, truth_digest, writing_truth
from ctdspec.track import Track, silent

CHUNK_TRIALS = 4 * BLOCK_TRIALS
"""Trials that are in memory at a time, unless the user wants otherwise."""

PUBLIC = (
    *("spikes", "signals", "stimulus", "outputs", "valid", "split", "time_s"),
    *("held_out", "neuron_id", "population", "observed"),
)
"""What an answer answers: the digest of the dataset is over these arrays (and hides what they hide)."""


def build(
    spec: str | Path | Benchmark,
    out: str | Path = "datasets",
    chunk_trials: int = CHUNK_TRIALS,
    track: Track = silent,
) -> Path:
    """Build the data of a benchmark, resuming what is there, and give its folder.

    The sessions of a benchmark that declares several have a folder each, in the one of the benchmark.

    Parameters
    ----------
    spec
        A spec file, the name of a shipped benchmark, or a loaded benchmark.
    out
        The folder in which the dataset's own folder, named after the benchmark, is.
    chunk_trials
        Trials that are in memory at a time. No digest depends on it.
    track
        Told how far it is.

    Raises
    ------
    SpecError, UsageError
        If the spec is wrong, or cannot be realised.
    DatasetError
        If shipped weights are missing or do not fit.
    TrainingError
        If a system that has to be trained misses its bar.
    """
    benchmark = spec if isinstance(spec, Benchmark) else load(spec)
    for recording in benchmark.recordings:
        steps = open_steps(recording, Path(out))
        build_steps(recording, steps, chunk_trials, track)
    return Path(out) / benchmark.folder


def open_steps(benchmark: Benchmark, out: Path) -> Steps:
    """Open the folder of a recording, whatever state it is in, and put the resolved spec there.

    Raises
    ------
    UsageError
        If it holds a private dataset and this is another one, or the other way round.
    """
    folder = DatasetFolder(out / benchmark.folder)
    ensure_same_secret(benchmark, folder)
    folder.path.mkdir(parents=True, exist_ok=True)
    private = benchmark.private is True
    steps = Steps(folder, benchmark.folder, digest(benchmark), benchmark.seed, private)

    def write_spec() -> Made:
        write_text(folder.spec_yaml, resolved_yaml(benchmark))
        return Made({folder.spec_yaml: None})

    steps.run("spec", {"spec": digest(benchmark)}, write_spec)
    return steps


def build_steps(benchmark: Benchmark, steps: Steps, chunk_trials: int, track: Track) -> None:
    """Do the steps that make the data."""
    weights = ready_weights(benchmark, steps, track)
    recipe = {
        "task": digest(benchmark.task),
        "system": digest(benchmark.system),
        "observation": digest(benchmark.observation),
        "trials": digest(benchmark.trials),
        "seed": str(benchmark.seed),
        "weights": file_digest(weights) if weights else "",
    }
    steps.run("truth", recipe, lambda: _make_truth(benchmark, steps.folder, weights, chunk_trials, track))
    public = {"dataset": steps.manifest.dataset, "recipe": recipe_yaml(benchmark)}
    steps.run("nwb", public, lambda: _make_nwb(benchmark, steps.folder, weights, steps.manifest.dataset))
    analysis_steps(benchmark, steps, weights)
    ceiling_steps(benchmark, steps, weights)


def _make_truth(
    benchmark: Benchmark, folder: DatasetFolder, weights: Path | None, chunk_trials: int, track: Track
) -> Made:
    dynamics = benchmark.system.dynamics(benchmark.task, weights)
    with writing_truth(folder.truth, simulated_variables(benchmark, dynamics), BLOCK_TRIALS) as truth:
        Generator(benchmark, dynamics, truth, chunk_trials, track).run()
        arrays = truth.summaries()
        dataset = _dataset_digest(arrays)
        truth.set_attributes(
            {"recipe": recipe_yaml(benchmark), "dataset": dataset, "bin_s": benchmark.task.bin_s}
        )
    made = truth_digest(folder.truth, {name: summary.digest for name, summary in arrays.items()})
    return Made({folder.truth: made}, {"arrays": arrays, "dataset": dataset})


def _dataset_digest(arrays: dict[str, ArraySummary]) -> str:
    return combined_digest({name: arrays[name].digest for name in PUBLIC if name in arrays})


def _make_nwb(benchmark: Benchmark, folder: DatasetFolder, weights: Path | None, dataset: str) -> Made:
    truth = truth_arrays(folder.truth)
    measurements = benchmark.system.dynamics(benchmark.task, weights).measurements
    session = recorded_session(benchmark, truth, dataset, measurements)
    measured = {name: truth[f"{MEASURED}/{name}"] for name in measurements}
    if benchmark.observation.noise.records == "signals":
        recorded = truth["signals"]
    else:
        recorded = truth["spike_steps"] if session.steps_per_bin > 1 else truth["spikes"]
    stimulus, outputs = truth.get("stimulus"), truth.get("outputs")
    digests = write_nwb_pair(folder, session, recorded, stimulus, outputs, measured=measured)
    return Made({folder.path / path: digest for path, digest in digests.items()})
