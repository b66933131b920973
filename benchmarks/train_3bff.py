"""Time to train the 64-unit noisy GRU on the canonical three-bit flip-flop, beside two plain recipes.

Run as ``uv run --extra train python benchmarks/train_3bff.py [--minutes M]``; every plain recipe gets M
minutes at most. All are judged alike: the share of scored bins with every bit right, on held-back trials of
500 bins, noise included. The seconds are those of training alone, without the checks.

fixed
    A published benchmark's recipe, re-stated: 800 fixed trials of 500 bins, batches of 256, Adam at 1e-3 with
    weight decay 1e-8, gradients clipped at 1, up to 3000 epochs.
fresh
    Fresh trials of 100 bins, batches of 64, a one-cycle learning rate to 1e-2 over 1500 steps.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from ctdspec.benchmark import load
from ctdspec.seeds import stream
from ctdspec.systems.task_trained import TaskTrained
from ctdspec.systems.training import judge, train
from ctdspec.tasks.task import Task, Trials

SEED = 0
UNITS, NOISE_SD = 64, 0.01
Curve = list[tuple[float, float]]
"""Seconds of training, and the accuracy then."""


class Plain(torch.nn.Module):
    """The same network from PyTorch's parts; its weights have the same names as ours."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = torch.nn.GRUCell(3, UNITS)
        self.readout = torch.nn.Linear(UNITS, 3)
        self.initial_state = torch.nn.Parameter(torch.zeros(UNITS))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Give the outputs (trial, time, output)."""
        states = self.initial_state.expand(len(inputs), -1)
        latents = []
        for inputs_now in inputs.unbind(1):
            states = self.cell(inputs_now, states)
            states = states + NOISE_SD * torch.randn_like(states)
            latents.append(states)
        return self.readout(torch.stack(latents, 1))

    def loss(self, trials: Trials) -> torch.Tensor:
        """Give the mean squared error over what is scored."""
        scored = torch.from_numpy(trials.scored)
        errors = self(torch.from_numpy(trials.inputs)) - torch.from_numpy(np.nan_to_num(trials.targets))
        return (errors.square() * scored).sum() / scored.sum()

    def weights(self) -> dict[str, np.ndarray]:
        """Give a view of the weights."""
        return {name: array.detach().numpy() for name, array in self.named_parameters()}


def fixed_batches(task: Task) -> Iterator[Trials]:
    trials = task.sample(800, stream(SEED, "benchmark/fixed"))
    for epoch in range(3000):
        order = stream(SEED, "benchmark/order", epoch).permutation(len(trials))
        for first in range(0, len(order), 256):
            chosen = order[first : first + 256]
            parts = (trials.stimulus, trials.inputs, trials.targets, trials.scored, trials.valid)
            yield Trials(*(part[chosen] for part in parts))


def fresh_batches(task: Task) -> Iterator[Trials]:
    for step in range(1500):
        yield task.sample(64, stream(SEED, "benchmark/fresh", step), 100)


def learn(
    batches: Iterator[Trials], network: Plain, optimizer: torch.optim.Optimizer, advance: Callable[[], None],
    accuracy: Callable[[Plain], float], limit_s: float, bar: float,
) -> Curve:  # fmt: skip
    curve: Curve = []
    seconds = 0.0
    for step, trials in enumerate(batches, start=1):
        start = time.perf_counter()
        optimizer.zero_grad()
        network.loss(trials).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        advance()
        seconds += time.perf_counter() - start
        if seconds >= (len(curve) + 1) * limit_s / 10 or seconds >= limit_s:
            curve.append((seconds, accuracy(network)))
            print(f"  {step:6d} steps {seconds:7.1f} s   accuracy {curve[-1][1]:.4f}", flush=True)
            if seconds >= limit_s or curve[-1][1] >= bar:
                break
    return curve


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=5.0)
    limit_s = parser.parse_args().minutes * 60
    torch.set_num_threads(1)
    benchmark = load("3bff")
    system, task = benchmark.system, benchmark.task
    assert isinstance(system, TaskTrained)

    print("ctdspec")
    with tempfile.TemporaryDirectory() as folder:
        report = train(system, task, SEED, Path(folder), lambda items, doing, total: items)
    for check in report.curve:
        seconds = report.seconds * check.steps / report.steps
        print(f"  {check.steps:6d} steps {seconds:7.1f} s   accuracy {check.accuracy:.4f}")

    for name, batches in {"fixed": fixed_batches, "fresh": fresh_batches}.items():
        print(name)
        torch.manual_seed(SEED)
        network = Plain()
        if name == "fixed":
            optimizer = torch.optim.Adam(network.parameters(), 1e-3, weight_decay=1e-8)
            advance: Callable[[], None] = lambda: None  # noqa: E731 (nothing to advance)
        else:
            optimizer = torch.optim.Adam(network.parameters(), 1e-2)
            advance = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=1501).step
        learn(
            batches(task), network, optimizer, advance,
            lambda plain: judge(system, task, plain.weights(), SEED, 0)[0],
            limit_s, system.training.accept.accuracy,
        )  # fmt: skip


if __name__ == "__main__":
    main()
