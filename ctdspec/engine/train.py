"""Training the system of a benchmark."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ctdspec.benchmark import Benchmark, load
from ctdspec.engine.step import Cost, Made, Site, Step, code_digest, new_step
from ctdspec.errors import UsageError
from ctdspec.resources import shipped
from ctdspec.store.layout import DatasetFolder
from ctdspec.systems.task_trained import WEIGHTS, TaskTrained
from ctdspec.systems.training import REPORT
from ctdspec.systems.training import train as train_system
from ctdspec.track import Track, silent

VERSION = 1
"""Of the code of the step that trains; see `new_step`."""


def train(spec: str | Path | Benchmark, out: str | Path = "datasets", track: Track = silent) -> Path:
    """Train the system of a benchmark from scratch, shipped weights or not, and give the weights' path.

    Raises
    ------
    UsageError
        If the system is none that is trained, if PyTorch is missing, or if shipped weights are in the way.
    TrainingError
        If the bar is missed.
    """
    benchmark = spec if isinstance(spec, Benchmark) else load(spec)
    system, folder = benchmark.system, DatasetFolder(Path(out) / benchmark.name)
    if not isinstance(system, TaskTrained):
        raise UsageError(f"{benchmark.name}: there is nothing to train in a system of kind {system.kind!r}")
    if folder.path.resolve().parent == shipped("datasets").resolve() and (folder.path / WEIGHTS).exists():
        raise UsageError(
            f"{folder.path / WEIGHTS} is there already, and may be shipped: "
            "give --out DIR to train elsewhere, or remove the file first"
        )
    train_system(system, benchmark.task, benchmark.seed, folder.path, track)
    return folder.path / WEIGHTS


def kept_weights(benchmark: Benchmark, folder: DatasetFolder) -> Path | None:
    """Give the weights of a dataset's trained system; None for other systems, and where they are not kept."""
    system = benchmark.system
    if not isinstance(system, TaskTrained):
        return None
    if system.shipped_weights is not None:
        return system.shipped_weights
    # Sessions share the weights in the folder around theirs.
    places = folder.path / WEIGHTS, folder.path.parent / WEIGHTS
    return next((place for place in places if place.exists()), None)


def weights_step(benchmark: Benchmark) -> list[Step]:
    """Give the step that trains the system, if it has to be trained."""
    system = benchmark.system
    if not isinstance(system, TaskTrained) or system.shipped_weights is not None:
        return []
    depends_on = {"parts": code_digest(system, benchmark.task), "seed": str(benchmark.seed)}
    make = partial(_make_weights, benchmark, system)
    return [new_step((_trained_in(benchmark), "weights"), VERSION, depends_on, [], make, Cost(600, 1e9, 1e6))]


def _make_weights(benchmark: Benchmark, system: TaskTrained, site: Site) -> Made:
    folder = site.folder.path
    train_system(system, benchmark.task, benchmark.seed, folder, site.track)
    facts = {"name": site.dataset, "seed": benchmark.seed}
    return Made({folder / WEIGHTS: None, folder / REPORT: None}, facts)


def _trained_in(benchmark: Benchmark) -> str:
    """Every session is of the same system, which is trained once, in the folder that all of them share."""
    return benchmark.model_copy(update={"session": None}).folder
