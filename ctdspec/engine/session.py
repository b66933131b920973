"""What an experimenter would write down about a recording, from its spec and its truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ctdspec.benchmark import Benchmark, recipe_yaml
from ctdspec.dynamics.dynamics import Measurement
from ctdspec.engine.blocks import blocks
from ctdspec.store.session import Events, Phase, Session
from ctdspec.submissions.answer import SPLITS

if TYPE_CHECKING:
    import zarr


def recorded_session(
    benchmark: Benchmark,
    truth: Mapping[str, zarr.Array],
    dataset: str,
    measurements: Mapping[str, Measurement],
) -> Session:
    """Give the session of a recording: all but its spikes or signals.

    Parameters
    ----------
    benchmark
        The spec, of one session.
    truth
        The arrays of the truth. Only what an experimenter could know is taken from them.
    dataset
        Digest of the dataset.
    measurements
        What is measured of the system's body.
    """
    noise, bin_s = benchmark.observation.noise, benchmark.task.bin_s
    populations = np.array(truth["population"].attrs["names"])
    return Session(
        benchmark=benchmark.name,
        title=benchmark.title,
        seed=benchmark.seed,
        dataset=dataset,
        spec_yaml=recipe_yaml(benchmark),
        bin_s=bin_s,
        split=np.array(SPLITS)[np.asarray(truth["split"][:])],
        valid=np.asarray(truth["valid"][:]),
        held_out=np.asarray(truth["held_out"][:]),
        input_names=benchmark.task.input_names,
        output_names=benchmark.task.output_names,
        session_name=(benchmark.session or ("private" if benchmark.private else "")).replace("_", "-"),
        neuron_ids=np.asarray(truth["neuron_id"][:]),
        population=populations[np.asarray(truth["population"][:])],
        observed=np.asarray(truth["observed"][:]) if "observed" in truth else None,
        forward=np.asarray(truth["forward"][:]) if "forward" in truth else None,
        steps_per_bin=noise.steps_per_bin(bin_s) if noise.records == "spikes" else 1,
        signal_kind=noise.signal_kind,
        condition=np.asarray(truth["condition"][:]) if "condition" in truth else None,
        condition_names=benchmark.task.condition_names,
        phases={
            name: _phase(np.asarray(truth[f"phases/{name}"][:]), bin_s) for name in benchmark.task.phases
        },
        measurements=measurements,
        events=_events(benchmark, truth["stimulus"]) if "stimulus" in truth else {},
    )


def _phase(bins: np.ndarray, bin_s: float) -> Phase:
    """Give a phase from its first bin and the one after its last (trial, 2); some trials lack it."""
    trial = np.flatnonzero(bins[:, 0] < bins[:, 1])
    return Phase(trial, bins[trial, 0] * bin_s, bins[trial, 1] * bin_s)


def _events(benchmark: Benchmark, stimulus: zarr.Array) -> dict[str, Events]:
    """Find the point events of all trials, block by block; a kind that never happens is left out."""
    trial: dict[str, list[np.ndarray]] = {}
    time_s: dict[str, list[np.ndarray]] = {}
    description: dict[str, str] = {}
    for block in blocks(benchmark.trials.total):
        for name, kind in benchmark.task.events(np.asarray(stimulus[block.trials])).items():
            row, time = np.nonzero(kind.happens)
            trial.setdefault(name, []).append(row + block.trials.start)
            time_s.setdefault(name, []).append(time * benchmark.task.bin_s)
            description[name] = kind.description
    return {
        name: Events(np.concatenate(trial[name]), np.concatenate(time_s[name]), description[name])
        for name in description
        if any(map(len, trial[name]))
    }
