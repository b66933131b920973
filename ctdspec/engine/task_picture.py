"""Drawing tasks: a few trials, and what a shipped network makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ctdspec.benchmark import Benchmark, load, shipped_names
from ctdspec.dynamics.simulate import simulate
from ctdspec.engine.blocks import BLOCK_TRIALS
from ctdspec.pages.performance import Answered, Performance
from ctdspec.seeds import stream
from ctdspec.spec.problem import SpecError
from ctdspec.systems.task_trained import TaskTrained
from ctdspec.tasks.shipped import read_task, shipped_task_names
from ctdspec.tasks.task import Task, Trials
from ctdspec.track import Track, silent

N_TRIALS = 12 * BLOCK_TRIALS
_SEED = 0


def draw_tasks(names: Sequence[str], to: Path, track: Track = silent) -> tuple[list[Path], dict[str, str]]:
    """Draw shipped tasks as ``<name>.png`` in a folder.

    Returns
    -------
    The paths, and why a task was left out, by its name: it needs a package that is not there.

    Raises
    ------
    UsageError
        If there is no such task; nothing is drawn then.
    """
    from ctdspec.pages.task_picture import write_task_picture

    known = shipped_task_names()
    if unknown := [name for name in names if name not in known]:
        read_task(unknown[0])
    drawn, left_out = [], {}
    for name in track(names, "drawing", len(names)):
        try:
            performance = perform(name)
        except SpecError as error:
            left_out[name] = error.problems[0].message
            continue
        drawn.append(to / f"{name}.png")
        write_task_picture(drawn[-1], performance)
    return drawn, left_out


def perform(name: str, n_trials: int = N_TRIALS) -> Performance:
    """Draw trials of a shipped task, and let the shipped network that was trained on it, if any, answer.

    Raises
    ------
    UsageError
        If there is no such task.
    SpecError
        If it needs a package that is not there.
    """
    task = read_task(name)
    trials = task.sample(n_trials, stream(_SEED, "picture/task"))
    benchmark = trained_on(task)
    return Performance(name, task, trials, None if benchmark is None else _answer(benchmark, task, trials))


def trained_on(task: Task) -> Benchmark | None:
    """Give the first shipped benchmark with a trained network for a task of this kind; None if there is none.

    One of the very same task goes before one of other numbers.
    """
    fitting = [benchmark for name in shipped_names() if _serves(benchmark := load(name), task)]
    return next((one for one in fitting if one.task == task), next(iter(fitting), None))


def _serves(benchmark: Benchmark, task: Task) -> bool:
    system = benchmark.system
    if (
        benchmark.task.kind != task.kind
        or not isinstance(system, TaskTrained)
        or system.shipped_weights is None
    ):
        return False
    try:
        system.ensure_serves(task)
    except ValueError:
        return False
    return True


def _answer(benchmark: Benchmark, task: Task, trials: Trials) -> Answered:
    system = benchmark.system
    assert isinstance(system, TaskTrained), "chosen for its weights"
    dynamics = system.dynamics(task, system.shipped_weights)
    latents = simulate(dynamics, trials.inputs, stream(_SEED, "picture/network"), trials.start)
    outputs = dynamics.readout(latents)
    return Answered(benchmark.name, outputs, latents, task.accuracy(outputs, trials))
