"""Training a network on its task, to the bar that the spec sets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save
from threadpoolctl import threadpool_limits

from ctdspec.atomic import replacing_file, write_text
from ctdspec.dynamics.simulate import simulate
from ctdspec.errors import TrainingError, UsageError
from ctdspec.seeds import stream
from ctdspec.spec.digest import digest
from ctdspec.systems.task_trained import WEIGHTS, TaskTrained
from ctdspec.tasks.task import Task
from ctdspec.track import Track

REPORT = "training.json"
_BLOCK_TRIALS = 100


@dataclass(frozen=True)
class Check:
    """What a check found after so many steps."""

    steps: int
    loss: float
    """Mean over the steps since the last check."""
    accuracy: float
    """On held-back trials of the benchmark's own task, noise included."""
    by_condition: dict[str, float] = field(default_factory=dict)
    """The same in each condition that the task names; empty for a task of one."""


@dataclass(frozen=True)
class TrainingReport:
    """How a network was trained, as written to ``training.json``."""

    accuracy: float
    """On the held-back trials of the last check."""
    steps: int
    seconds: float
    """Wall time, without the start of the program; over all runs if it was interrupted."""
    device: str
    seed: int
    recipe: str
    """Digest of the system without the name of its weights."""
    task: str
    """Digest of the task."""
    versions: dict[str, str]
    curve: tuple[Check, ...]


def train(system: TaskTrained, task: Task, seed: int, folder: Path, track: Track) -> TrainingReport:
    """Train from scratch until the bar is met; write ``weights.safetensors`` and ``training.json``.

    A checkpoint in the folder is kept at every check. If a checkpoint of the same system, task and seed is
    there, training goes on from it and ends as if it had never stopped.

    Parameters
    ----------
    seed
        Draws come from the streams ``training/…`` of this seed.
    folder
        Where the files go.
    track
        Told how far it is; steps are the unit.

    Raises
    ------
    TrainingError
        If the bar is missed. Weights that the folder already holds stay as they are.
    UsageError
        If PyTorch or Lightning is not installed, or the system cannot do this task.
    DatasetError
        If the checkpoint is damaged.
    """
    _ensure_extra()
    _ensure_serves(system, task)
    from ctdspec.systems._lightning import Learner

    folder.mkdir(parents=True, exist_ok=True)
    identity = _identity(system, task, seed)
    checkpoint = folder / f"training-{hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]}.ckpt"
    learner = Learner(system, task, seed, checkpoint)
    remaining = range(0) if learner.is_accepted else range(learner.steps, system.training.steps)
    for _ in track(remaining, "training", len(remaining)):
        learner.advance()
        if system.training.is_check(learner.steps):
            learner.check(*judge(system, task, learner.weights(), seed, learner.steps))
            if learner.is_accepted:
                break
    report = TrainingReport(
        learner.accuracy, learner.steps, learner.seconds, learner.device, **identity,
        versions=_versions(), curve=tuple(learner.curve),
    )  # fmt: skip
    _ensure_bar_is_met(system, report)
    _write(folder, learner.weights(), report)
    checkpoint.unlink(missing_ok=True)
    return report


def judge(
    system: TaskTrained, task: Task, weights: Mapping[str, np.ndarray], seed: int, index: int
) -> tuple[float, dict[str, float]]:
    """Give the accuracy on held-back trials, the `index`-th draw of them: full length, noise on.

    Returns
    -------
    The accuracy over all trials, and in each condition that the task names.
    """
    network = system.network(task, weights)
    rng = stream(seed, "training/accept", index)
    right, condition = [], []
    with threadpool_limits(1, "blas"):
        for first in range(0, system.training.accept.trials, _BLOCK_TRIALS):
            trials = task.sample(min(_BLOCK_TRIALS, system.training.accept.trials - first), rng)
            outputs = network.readout(simulate(network, trials.inputs, rng, trials.start))
            right.append(task.accuracy(outputs, trials))
            condition.append(np.zeros(len(trials), int) if trials.condition is None else trials.condition)
    accuracy = np.concatenate(right)
    return float(np.nanmean(accuracy)), task.by_condition(accuracy, np.concatenate(condition))


def _ensure_extra() -> None:
    missing = [name for name in ("torch", "lightning") if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"training needs {' and '.join(missing)}, which the base installation leaves out\n"
            "    in a checkout: uv run --extra train ctdspec train ...\n"
            "    elsewhere: pip install 'ctdspec[train]'"
        )


def _ensure_serves(system: TaskTrained, task: Task) -> None:
    try:
        system.ensure_serves(task)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _identity(system: TaskTrained, task: Task, seed: int) -> dict[str, Any]:
    recipe = digest(system.model_copy(update={"weights": None}))
    return {"seed": seed, "recipe": recipe, "task": digest(task)}


def _ensure_bar_is_met(system: TaskTrained, report: TrainingReport) -> None:
    accept, last = system.training.accept, report.curve[-1]
    if accept.is_met(last.accuracy, last.by_condition):
        return
    best = max(report.curve, key=lambda check: check.accuracy)
    text = (
        f"system.training.accept.accuracy: {accept.accuracy:g} was asked, {report.accuracy:.4f} was reached "
        f"after {report.steps} steps (the best check: {best.accuracy:.4f} after {best.steps})\n"
    )
    if accept.every_condition is not None:
        worst = min(last.by_condition, key=last.by_condition.__getitem__)
        text += (
            f"    every_condition: {accept.every_condition:g} was asked; the worst, {worst}, reached "
            f"{last.by_condition[worst]:.4f}\n"
        )
    raise TrainingError(
        f"{text}    raise system.training.steps if the accuracy was still rising; else change learning_rate, "
        "batch_trials, practice or cell.units, or lower the bar"
    )


def _versions() -> dict[str, str]:
    found = {}
    for name in ("ctdspec", "torch", "lightning", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def _write(folder: Path, weights: Mapping[str, np.ndarray], report: TrainingReport) -> None:
    """Write the report, then the weights: weights that are there are complete."""
    text = json.dumps(asdict(report), indent=1, allow_nan=False) + "\n"
    write_text(folder / REPORT, text)
    with replacing_file(folder / WEIGHTS) as new:
        new.write_bytes(save(dict(weights)))
