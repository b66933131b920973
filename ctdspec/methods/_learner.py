"""A network in training."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.fabric import Fabric
from lightning.fabric.plugins.environments.lightning import LightningEnvironment

from ctdspec.atomic import replacing_file
from ctdspec.errors import MethodError
from ctdspec.methods._course import Check, Course
from ctdspec.methods._draws import Draws
from ctdspec.methods._material import Material
from ctdspec.methods.trained import Trained
from ctdspec.store.recording import Recording


class Learner:
    """A network in training, the data it learns from, and how far it is.

    Every draw of a step comes from a stream of that step's number, so that a fit which goes on from a
    checkpoint does what an undisturbed one would have done.
    """

    def __init__(self, method: Trained, recording: Recording, seed: int) -> None:
        self.recipe, self.draws = method.fitting, Draws(seed, method.name)
        self.material = Material(recording, self.draws, self.recipe.batch_trials)
        # One process, also where a cluster's scheduler has set the variables of several.
        self.fabric = Fabric(accelerator=self.recipe.device, devices=1, plugins=LightningEnvironment())
        with self.draws.seeding("weights"):
            self.network = method.network(self.material.train.sizes(), seed)
        optimizer = torch.optim.AdamW(self.network.parameters(), weight_decay=self.recipe.weight_decay)
        self.loss, self.optimizer = self.fabric.setup(self.network, optimizer)
        self.course = Course(self.recipe)
        self.best_weights = dict[str, torch.Tensor]()

    def train_epoch(self) -> None:
        """Take every train trial once, in random order and, with windows, at random places."""
        course, batch_trials = self.course, self.recipe.batch_trials
        with self._timed():
            self.network.train()
            rows, starts, length = self.material.draw_windows(self.recipe.window_bins, course.epochs)
            n_steps = -(-len(rows) // batch_trials)
            for number, chosen in enumerate(np.array_split(np.arange(len(rows)), n_steps)):
                self._step(rows[chosen], starts[chosen], length, course.epochs + number / n_steps)
            course.epochs += 1

    def check(self) -> None:
        """Take the bits per spike on the validation trials; keep the weights, if they are the best."""
        with self._timed():
            purpose = f"check {self.course.epochs}"
            self.course.add_check(self.material.val_co_bps(self.network, self.fabric.device, purpose))
            if self.course.checks_since_best == 0:
                self.best_weights = {name: array.clone() for name, array in self.network.state_dict().items()}

    def save(self, checkpoint: Path) -> None:
        """Write all that it takes to go on, between two epochs."""
        course = self.course
        plain = {name: getattr(course, name) for name in ("steps", "epochs", "seconds", "n_plateaus")}
        curve = [asdict(check) for check in course.checks]
        with replacing_file(checkpoint) as new:
            self.fabric.save(new, {**self._stateful(), "best": self.best_weights, "curve": curve, **plain})

    def resume(self, checkpoint: Path) -> None:
        """Go on from a file that `save` wrote; MethodError if it is damaged."""
        try:
            plain = self.fabric.load(checkpoint, self._stateful(), weights_only=True)
            self.best_weights = plain["best"]
            checks = [Check(**check) for check in plain["curve"]]
            counts = (plain["steps"], plain["epochs"], plain["seconds"], plain["n_plateaus"])
            self.course = Course(self.recipe, *counts, checks)
        except Exception as error:  # PyTorch has no one class for a damaged file
            raise MethodError(f"{checkpoint}: damaged; delete it to train from the start") from error

    def _step(self, rows: np.ndarray, starts: np.ndarray, length: int, epoch: float) -> None:
        course, device = self.course, self.fabric.device
        for group in self.optimizer.param_groups:
            group["lr"] = course.learning_rate
        batch = self.material.train.windows(rows, starts, length, self.material.mean_counts, device)
        loss = self.loss(batch, epoch, self.draws.generator("steps", course.steps, device))
        self.optimizer.zero_grad()
        self.fabric.backward(loss)
        self.fabric.clip_gradients(
            self.loss, self.optimizer, max_norm=self.recipe.gradient_clip, error_if_nonfinite=False
        )
        self.optimizer.step()
        course.losses.append(loss.item())
        if not np.isfinite(course.losses[-1]):
            raise MethodError(
                f"training diverged at step {course.steps}: the loss is {course.losses[-1]}; lower"
                " fitting.learning_rate or fitting.gradient_clip"
            )
        course.steps += 1

    def _stateful(self) -> dict[str, Any]:
        return {"network": self.loss, "optimizer": self.optimizer}

    @contextmanager
    def _timed(self) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.course.seconds += time.perf_counter() - start
