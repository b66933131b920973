"""The part of training that needs PyTorch and Lightning."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.fabric import Fabric
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from torch import Tensor, nn

from ctdspec.atomic import replacing_file
from ctdspec.errors import DatasetError, TrainingError
from ctdspec.seeds import stream
from ctdspec.systems._penalty import Probes, Run, draw_probes, penalty
from ctdspec.systems.task_trained import TaskTrained
from ctdspec.systems.training import Check
from ctdspec.tasks.task import Task, Trials


class Learner:
    """A network in training, on whatever device there is.

    Every draw of a step comes from a stream of that step's number, so that a run which goes on from a
    checkpoint does what an undisturbed one would have done.
    """

    def __init__(self, system: TaskTrained, task: Task, seed: int, checkpoint: Path) -> None:
        self.recipe = system.training
        self.seed = seed
        self.checkpoint = checkpoint
        # One process, also where a cluster's scheduler has set the variables of several.
        self.fabric = Fabric(accelerator="auto", devices=1, plugins=LightningEnvironment())
        network = _Network(system, system.initial_weights(task, stream(seed, "training/weights")))
        optimizer = torch.optim.Adam(network.parameters())
        self.network, self.optimizer = self.fabric.setup(network, optimizer)
        self.steps, self.seconds, self.curve = 0, 0.0, list[Check]()
        self._loss_sum, self._since_check = 0.0, 0
        if checkpoint.exists():
            self._resume()

    @property
    def accuracy(self) -> float:
        """What the last check found; 0 before the first."""
        return self.curve[-1].accuracy if self.curve else 0.0

    @property
    def is_accepted(self) -> bool:
        """Whether the last check met the bar."""
        return bool(self.curve) and self.recipe.accept.is_met(self.accuracy, self.curve[-1].by_condition)

    @property
    def device(self) -> str:
        """The kind of device that is used."""
        return self.fabric.device.type

    def weights(self) -> dict[str, np.ndarray]:
        """Give a copy of the weights as they are now."""
        return {name: array.detach().cpu().numpy().copy() for name, array in self.network.weights.items()}

    def advance(self) -> None:
        """Take one step."""
        start = time.perf_counter()
        with one_thread():
            for group in self.optimizer.param_groups:
                group["lr"] = self.recipe.learning_rate_at(self.steps)
            loss = self.network(*self._batch())
            self.optimizer.zero_grad()
            self.fabric.backward(loss)
            self.fabric.clip_gradients(
                self.network, self.optimizer, max_norm=self.recipe.gradient_clip, error_if_nonfinite=False
            )
            self.optimizer.step()
        self._count(loss.item())
        self.seconds += time.perf_counter() - start

    def check(self, accuracy: float, by_condition: dict[str, float]) -> None:
        """Note what a check found, and keep a checkpoint."""
        self.curve.append(Check(self.steps, self._loss_sum / self._since_check, accuracy, by_condition))
        self._loss_sum, self._since_check = 0.0, 0
        state = {**self._stateful(), "steps": self.steps, "seconds": self.seconds}
        state["curve"] = [asdict(check) for check in self.curve]
        with replacing_file(self.checkpoint) as new:
            self.fabric.save(new, state)

    def _resume(self) -> None:
        try:
            plain = self.fabric.load(self.checkpoint, self._stateful(), weights_only=True)
            self.steps, self.seconds = plain["steps"], plain["seconds"]
            self.curve = [Check(**check) for check in plain["curve"]]
        except Exception as error:  # PyTorch has no one class for a damaged file
            raise DatasetError(f"{self.checkpoint}: damaged; delete it to train from the start") from error

    def _stateful(self) -> dict[str, Any]:
        return {"network": self.network, "optimizer": self.optimizer}

    def _batch(self) -> tuple[Tensor, ...]:
        n_trials = self.recipe.batch_trials
        practice = self.recipe.practice_at(self.steps)
        trials = practice.sample(n_trials, stream(self.seed, "training/task", self.steps))
        # All that follows the end of the longest trial is padding.
        n_bins = int(trials.valid.sum(axis=1).max())
        shape = (n_trials, n_bins, *self.network.noise_shape)
        noise = torch.randn(shape, generator=self._generator("training/noise"))
        in_time = tuple(array[:, :n_bins] for array in (trials.inputs, *_asked(trials), trials.valid))
        probes = draw_probes(
            trials.valid, self.network.n_latents, stream(self.seed, "training/probes", self.steps)
        )
        start = np.empty((n_trials, 0), np.float32) if trials.start is None else trials.start
        tensors = (noise, *map(torch.from_numpy, (start, *in_time, *probes)))
        return tuple(tensor.to(self.fabric.device) for tensor in tensors)

    def _generator(self, purpose: str) -> torch.Generator:
        """Give the generator of PyTorch, which is faster than that of NumPy, for this step."""
        seed = int(stream(self.seed, purpose, self.steps).integers(2**63))
        return torch.Generator().manual_seed(seed)

    def _count(self, loss: float) -> None:
        if not np.isfinite(loss):
            raise TrainingError(
                f"training diverged at step {self.steps}: the loss is {loss}\n"
                "    lower system.training.learning_rate or system.training.gradient_clip"
            )
        self.steps += 1
        self._loss_sum += loss
        self._since_check += 1


class _Network(nn.Module):
    """The weights as parameters; calling it gives the loss of a batch of trials."""

    def __init__(self, system: TaskTrained, initial: dict[str, np.ndarray]) -> None:
        super().__init__()
        self.build = partial(system.network, system.training.practice)
        self.noise_shape = self.build(initial).noise_shape
        self.n_latents = system.n_latents
        self.regularisers = system.training.regularisers
        # A module allows no dots in the names of its parameters.
        self._names = list(initial)
        self.arrays = nn.ParameterList(
            nn.Parameter(torch.from_numpy(initial[name]), requires_grad=name not in system.fixed_weights)
            for name in initial
        )

    @property
    def weights(self) -> dict[str, nn.Parameter]:
        return dict(zip(self._names, self.arrays, strict=True))

    def forward(
        self,
        noise: Tensor,
        start: Tensor,
        inputs: Tensor,
        targets: Tensor,
        counts: Tensor,
        valid: Tensor,
        *probes: Tensor,
    ) -> Tensor:
        """Give the mean squared error over what counts, 0 if nothing does, and the regularisers."""
        network = self.build(self.weights)
        states = network.placed(network.weights["initial_state"].expand(len(inputs), -1), start)
        latents = []
        for inputs_now, noise_now in zip(inputs.unbind(1), noise.unbind(1), strict=True):
            states = network.step(states, inputs_now, noise_now)
            latents.append(states)
        run = Run(torch.stack(latents, 1), inputs, valid, Probes(*probes))
        errors = (network.readout(run.latents) - targets) * counts
        error = errors.square().sum() / counts.sum().clamp(min=1)
        return error if self.regularisers is None else error + penalty(self.regularisers, network, run)


def _asked(trials: Trials) -> tuple[np.ndarray, np.ndarray]:
    """Give the targets, 0 where nothing is asked, and 1 where an output counts, as float32."""
    counts = trials.scored & trials.valid[..., None] & ~np.isnan(trials.targets)
    return np.nan_to_num(trials.targets), counts.astype(np.float32)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread: the arrays are too small to share, and results do not depend on the machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
