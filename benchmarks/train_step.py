"""Time of a training step of every cell, beside a plain PyTorch loop over the bins of the same trials.

Run as ``uv run --extra train python benchmarks/train_step.py [--pairs N] [CELL ...]``. A step draws 64 trials
of the short flip-flop that `3bff` practises (60 bins), runs them, and takes one step of Adam with the
gradient clipped. The plain loop is what one writes by hand: ``torch.nn.GRUCell``, ``RNNCell``, ``LSTMCell``,
``torch.nn.Linear`` where PyTorch has no such cell, noise by ``torch.randn_like``. Both draw the same trials.

Ours and the plain loop take turns, ten steps each, on one thread; the ratio is of the processor time of the
two turns of a pair. Printed are the median over pairs and the quartiles.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ctdspec.benchmark import load
from ctdspec.seeds import stream
from ctdspec.systems._lightning import Learner
from ctdspec.systems.task_trained import TaskTrained
from ctdspec.tasks.task import Task

UNITS, NOISE_SD, LEAK, HIDDEN, RANK, GAIN = 64, 0.01, 0.2, 64, 3, 0.5
STEPS_A_TURN = 10
NOISY = {"noise_sd": NOISE_SD}
RATE = {"noise_sd": NOISE_SD, "leak": LEAK}
ODE = {"hidden_units": HIDDEN, "hidden_layers": 2, "bin_time": 1.0, "steps_per_bin": 1, "noise_sd": NOISE_SD}
CELLS = {
    "vanilla": NOISY,
    "leaky_rate": RATE,
    "low_rank": RATE | {"rank": RANK, "random_gain": GAIN},
    "gru": {},
    "noisy_gru": NOISY,
    "lstm": {},
    "neural_ode": ODE | {"integrator": "rk4"},
}


class PlainVanilla(nn.Module):
    """RNNCell, and noise."""

    def __init__(self, n_inputs: int) -> None:
        super().__init__()
        self.cell = nn.RNNCell(n_inputs, UNITS)

    def forward(self, states: Tensor, inputs: Tensor) -> Tensor:
        """Give the next states (trial, unit)."""
        states = self.cell(inputs, states)
        return states + NOISE_SD * torch.randn_like(states)


class PlainLeakyRate(nn.Module):
    """Euler steps of rates that relax to a hyperbolic tangent, and noise."""

    def __init__(self, n_inputs: int) -> None:
        super().__init__()
        self.inputs = nn.Linear(n_inputs, UNITS, bias=False)
        self.recurrent = nn.Linear(UNITS, UNITS)

    def forward(self, states: Tensor, inputs: Tensor) -> Tensor:
        """Give the next states (trial, unit)."""
        rates = torch.tanh(self.inputs(inputs) + self.recurrent(states))
        states = (1 - LEAK) * states + LEAK * rates
        return states + NOISE_SD * torch.randn_like(states)


class PlainLowRank(nn.Module):
    """Euler steps of currents whose recurrent weights are of low rank on top of random ones, and noise."""

    def __init__(self, n_inputs: int) -> None:
        super().__init__()
        self.inputs = nn.Linear(n_inputs, UNITS)
        self.right = nn.Linear(UNITS, RANK, bias=False)
        self.left = nn.Linear(RANK, UNITS, bias=False)
        random = GAIN * UNITS**-0.5 * torch.randn(UNITS, UNITS)
        self.random = nn.Parameter(random, requires_grad=False)

    def forward(self, states: Tensor, inputs: Tensor) -> Tensor:
        """Give the next states (trial, unit)."""
        rates = torch.tanh(states)
        drive = self.left(self.right(rates)) / UNITS + rates @ self.random.T + self.inputs(inputs)
        states = (1 - LEAK) * states + LEAK * drive
        return states + NOISE_SD * torch.randn_like(states)


class PlainGRU(nn.Module):
    """GRUCell, with noise or without."""

    def __init__(self, n_inputs: int, noise_sd: float = 0) -> None:
        super().__init__()
        self.cell = nn.GRUCell(n_inputs, UNITS)
        self.noise_sd = noise_sd

    def forward(self, states: Tensor, inputs: Tensor) -> Tensor:
        """Give the next states (trial, unit)."""
        states = self.cell(inputs, states)
        return states + self.noise_sd * torch.randn_like(states) if self.noise_sd else states


class PlainNeuralODE(nn.Module):
    """A Runge–Kutta step of a perceptron, and noise."""

    def __init__(self, n_inputs: int) -> None:
        super().__init__()
        self.field = nn.Sequential(
            nn.Linear(UNITS + n_inputs, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, HIDDEN), nn.Tanh(),
            nn.Linear(HIDDEN, UNITS),
        )  # fmt: skip

    def forward(self, states: Tensor, inputs: Tensor) -> Tensor:
        """Give the next states (trial, unit)."""

        def field(at: Tensor) -> Tensor:
            return self.field(torch.cat([at, inputs], 1))

        k1 = field(states)
        k2 = field(states + k1 / 2)
        k3 = field(states + k2 / 2)
        k4 = field(states + k3)
        states = states + (k1 + 2 * k2 + 2 * k3 + k4) / 6
        return states + NOISE_SD * torch.randn_like(states)


class Plain(nn.Module):
    """A cell in a loop over bins, read out linearly: the loss of a batch of trials."""

    def __init__(self, cell: nn.Module, n_outputs: int) -> None:
        super().__init__()
        self.cell = cell
        self.initial_state = nn.Parameter(torch.zeros(UNITS))
        self.readout = nn.Linear(UNITS, n_outputs)

    def forward(self, inputs: Tensor, targets: Tensor, scored: Tensor) -> Tensor:
        """Give the mean squared error where outputs are scored."""
        states = self.initial_state.expand(len(inputs), -1)
        latents = []
        for t in range(inputs.shape[1]):
            states = self.cell(states, inputs[:, t])
            latents.append(states)
        errors = self.readout(torch.stack(latents, 1)) - targets
        return (errors.square() * scored).sum() / scored.sum()


class PlainLSTM(Plain):
    """The same for PyTorch's cell with two states; both are read out, as ours are."""

    def __init__(self, n_inputs: int, n_outputs: int) -> None:
        super().__init__(nn.LSTMCell(n_inputs, UNITS), n_outputs)
        self.initial_memory = nn.Parameter(torch.zeros(UNITS))
        self.readout = nn.Linear(2 * UNITS, n_outputs)

    def forward(self, inputs: Tensor, targets: Tensor, scored: Tensor) -> Tensor:
        """Give the mean squared error where outputs are scored."""
        state = self.initial_state.expand(len(inputs), -1), self.initial_memory.expand(len(inputs), -1)
        latents = []
        for t in range(inputs.shape[1]):
            state = self.cell(inputs[:, t], state)
            latents.append(torch.cat(state, 1))
        errors = self.readout(torch.stack(latents, 1)) - targets
        return (errors.square() * scored).sum() / scored.sum()


def plain_network(kind: str, n_inputs: int, n_outputs: int) -> Plain:
    if kind == "lstm":
        return PlainLSTM(n_inputs, n_outputs)
    makers: dict[str, Callable[[int], nn.Module]] = {
        "vanilla": PlainVanilla,
        "leaky_rate": PlainLeakyRate,
        "low_rank": PlainLowRank,
        "gru": PlainGRU,
        "noisy_gru": lambda n: PlainGRU(n, NOISE_SD),
        "neural_ode": PlainNeuralODE,
    }
    return Plain(makers[kind](n_inputs), n_outputs)


def plain_step(network: Plain, practice: Task, n_trials: int) -> Callable[[int], None]:
    """Give the function that takes one step with the trials of that number."""
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)

    def advance(step: int) -> None:
        trials = practice.sample(n_trials, stream(0, "training/task", step))
        targets = torch.from_numpy(np.nan_to_num(trials.targets))
        loss = network(torch.from_numpy(trials.inputs), targets, torch.from_numpy(trials.scored))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        loss.item()

    return advance


def seconds(advance: Callable[[int], None], first: int) -> float:
    start = time.process_time()
    for step in range(first, first + STEPS_A_TURN):
        advance(step)
    return time.process_time() - start


def compare(kind: str, system: TaskTrained, task: Task, n_pairs: int) -> None:
    """Print the milliseconds of a step of both, and the ratio with its quartiles."""
    cell = {"kind": kind, "units": UNITS, **CELLS[kind]}
    own = TaskTrained.model_validate(system.model_dump() | {"cell": cell, "weights": None})
    network = plain_network(kind, len(task.input_names), len(task.output_names))
    by_hand = plain_step(network, own.training.practice, own.training.batch_trials)
    with tempfile.TemporaryDirectory() as folder:
        learner = Learner(own, task, 0, Path(folder) / "none.ckpt")
        ours, plain = [], []
        for pair in range(-1, n_pairs):
            first = (pair + 1) * STEPS_A_TURN
            turn = seconds(lambda _: learner.advance(), first), seconds(by_hand, first)
            if pair >= 0:  # the pair before only warms up
                ours.append(turn[0])
                plain.append(turn[1])
    low, middle, high = np.quantile(np.array(ours) / np.array(plain), [0.25, 0.5, 0.75])
    ms = np.median([ours, plain], axis=1) / STEPS_A_TURN * 1e3
    print(
        f"{kind:12}{ms[0]:7.1f} ms   plain {ms[1]:7.1f} ms   {middle:.2f} ({low:.2f}–{high:.2f})", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cells", nargs="*", metavar="CELL", help="All if left out.")
    parser.add_argument("--pairs", type=int, default=20)
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    benchmark = load("3bff")
    assert isinstance(benchmark.system, TaskTrained)
    for kind in wanted.cells or CELLS:
        compare(kind, benchmark.system, benchmark.task, wanted.pairs)


if __name__ == "__main__":
    main()
