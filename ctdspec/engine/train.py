"""Training the system of a benchmark."""

from __future__ import annotations

from pathlib import Path

from ctdspec.benchmark import Benchmark, load
from ctdspec.engine.steps import Made, Steps
from ctdspec.errors import UsageError
from ctdspec.resources import shipped
from ctdspec.spec.digest import digest
from ctdspec.store.layout import DatasetFolder
from ctdspec.systems.task_trained import WEIGHTS, TaskTrained
from ctdspec.systems.training import REPORT
from ctdspec.systems.training import train as train_system
from ctdspec.track import Track, silent


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


def ready_weights(benchmark: Benchmark, steps: Steps, track: Track) -> Path | None:
    """Give the weights of a trained system, shipped or trained here if need be; None for other systems."""
    system = benchmark.system
    if not isinstance(system, TaskTrained):
        return None
    if system.shipped_weights is not None:
        return system.shipped_weights
    if benchmark.session is not None:
        # Every session is of the same system, which is trained once, in the folder that all of them share.
        shared = DatasetFolder(steps.folder.path.parent)
        steps = Steps(shared, benchmark.name, digest(benchmark), benchmark.seed)
    folder = steps.folder.path

    def make() -> Made:
        train_system(system, benchmark.task, benchmark.seed, folder, track)
        return Made({folder / WEIGHTS: None, folder / REPORT: None})

    depends_on = {"system": digest(system), "task": digest(benchmark.task), "seed": str(benchmark.seed)}
    steps.run("weights", depends_on, make)
    return folder / WEIGHTS
