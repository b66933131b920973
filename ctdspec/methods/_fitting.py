"""The loop that fits networks to spikes; the part of it that needs PyTorch and Lightning."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from array_api_compat import array_namespace
from lightning.fabric import Fabric
from lightning.fabric.plugins.environments.lightning import LightningEnvironment

from ctdspec.atomic import replacing_file, write_text
from ctdspec.errors import MethodError
from ctdspec.methods._sequential import Batch, Inferred, SequentialModel
from ctdspec.methods._trials import Order, Trials
from ctdspec.methods.trained import REPORT, Trained
from ctdspec.metrics.bits import SpikeSums
from ctdspec.seeds import stream
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import SPLITS, Answer, Scalar, SplitAnswer
from ctdspec.submissions.exchange import AnsweredDynamics, encode
from ctdspec.systems._lightning import one_thread
from ctdspec.track import Track

# Spikes per bin that stand for numbers beyond all bounds: such rates score low, but a number.
_MOST = 1e6


@dataclass(frozen=True)
class Check:
    """What a check found after so many epochs."""

    epochs: int
    loss: float
    """Mean over the steps since the last check."""
    val_co_bps: float
    """Bits per spike of the held-out neurons on the validation trials."""


def fit(method: Trained, recording: Recording, seed: int, folder: Path | None, track: Track) -> Answer:
    """Train the network of a data model until validation no longer improves, and answer every split.

    The answer is the same on every machine of a kind, for any number of cores, and whether or not the fit was
    interrupted. Its parameters hold the choices and the budget; ``fit.json`` in the folder holds the wall
    time too, which differs each time.

    Parameters
    ----------
    seed
        Draws come from the streams ``methods/<name>/…`` of this seed.
    folder
        Where a checkpoint is kept while the fit lasts, and ``fit.json`` afterwards; None for neither.
    track
        Told how far it is; epochs are the unit.

    Raises
    ------
    MethodError
        If training diverges, or the checkpoint is damaged.
    """
    with one_thread():
        learner = Learner(method, recording, seed, folder)
        recipe = method.fitting
        remaining = range(0) if learner.why_ended else range(learner.epochs, recipe.max_epochs)
        for _ in track(remaining, f"fitting {method.name}", len(remaining)):
            learner.train_epoch()
            if learner.epochs % recipe.check_every_epochs == 0 or learner.epochs == recipe.max_epochs:
                learner.check()
            if learner.why_ended:
                break
        return learner.answer()


class Learner:
    """A network in training, and the data it learns from.

    Every draw of a step comes from a stream of that step's number, so that a fit which goes on from a
    checkpoint does what an undisturbed one would have done.
    """

    def __init__(self, method: Trained, recording: Recording, seed: int, folder: Path | None) -> None:
        self.method, self.recipe, self.recording = method, method.fitting, recording
        self.seed, self.folder = seed, folder
        self.order = Order.of(recording)
        self.trials = {split: Trials(recording, split, self.order) for split in SPLITS}
        self.mean_counts = self.trials["train"].mean_counts
        # One process, also where a cluster's scheduler has set the variables of several.
        self.fabric = Fabric(accelerator=self.recipe.device, devices=1, plugins=LightningEnvironment())
        self.network = self._new_network()
        optimizer = torch.optim.AdamW(self.network.parameters(), weight_decay=self.recipe.weight_decay)
        self.loss, self.optimizer = self.fabric.setup(self.network, optimizer)
        self.steps, self.epochs, self.seconds, self.n_plateaus = 0, 0, 0.0, 0
        self.curve, self.best = list[Check](), dict[str, torch.Tensor]()
        self._losses: list[float] = []
        if self._checkpoint and self._checkpoint.exists():
            self._resume(self._checkpoint)

    @property
    def why_ended(self) -> str | None:
        """Which limit of the recipe has ended training; None if it goes on."""
        limit_s = (self.recipe.max_minutes or np.inf) * 60
        if self._checks_since_best >= self.recipe.patience_checks:
            return "patience_checks"
        if self.epochs >= self.recipe.max_epochs:
            return "max_epochs"
        return "max_minutes" if self.curve and not self._losses and self.seconds > limit_s else None

    def train_epoch(self) -> None:
        """Take every train trial once, in random order and, with windows, at random places."""
        start = time.perf_counter()
        self.network.train()
        rows, starts, length = self._draw_windows()
        n_steps = -(-len(rows) // self.recipe.batch_trials)
        for number, chosen in enumerate(np.array_split(np.arange(len(rows)), n_steps)):
            self._step(rows[chosen], starts[chosen], length, self.epochs + number / n_steps)
        self.epochs += 1
        self.seconds += time.perf_counter() - start

    def check(self) -> None:
        """Take the bits per spike on the validation trials; keep the weights, if best, and a checkpoint."""
        start = time.perf_counter()
        self.curve.append(Check(self.epochs, float(np.mean(self._losses)), self._val_co_bps()))
        self._losses = []
        since_best = self._checks_since_best
        if since_best == 0:
            self.best = {name: array.clone() for name, array in self.network.state_dict().items()}
        elif self.recipe.decay < 1 and since_best % self.recipe.plateau_checks == 0:
            self.n_plateaus += 1
        self.seconds += time.perf_counter() - start
        if self._checkpoint:
            self._save(self._checkpoint)

    def answer(self) -> Answer:
        """Answer every split by the weights of the best check; ``fit.json`` takes the checkpoint's place."""
        self.network.load_state_dict(self.best)
        splits = {split: self._answer(split) for split in SPLITS}
        parameters = self._parameters()
        if self.folder:
            report = {**parameters, "seconds": self.seconds, "curve": [asdict(check) for check in self.curve]}
            write_text(self.folder / REPORT, json.dumps(report, indent=1, allow_nan=False) + "\n")
            for checkpoint in self.folder.glob("fit-*.ckpt"):
                checkpoint.unlink()
        given_inputs = self.method.given_inputs
        name, dynamics = self.method.name, self._dynamics()
        return Answer(name, self.recording.dataset, splits, given_inputs, parameters, dynamics)

    @property
    def _checks_since_best(self) -> int:
        scores = [check.val_co_bps for check in self.curve]
        return len(scores) - 1 - int(np.argmax(scores)) if scores else 0

    def _new_network(self) -> SequentialModel:
        """Build the network with PyTorch's own generator seeded, and put back as it was."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._number("weights", 0))
            return self.method.network(self.trials["train"].sizes(), self.seed)

    def _draw_windows(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Draw the windows of an epoch: trials, first bins, and the length that all have."""
        valid = self.trials["train"].valid
        rng = stream(self.seed, self._purpose("order"), self.epochs)
        length = self.recipe.window_bins or valid.shape[1]
        first, n_bins = valid.argmax(axis=1), valid.sum(axis=1)
        rows = np.repeat(np.arange(len(valid)), np.maximum(n_bins // length, 1))
        last_start = np.minimum(first + np.maximum(n_bins - length, 0), valid.shape[1] - length)[rows]
        starts = rng.integers(np.minimum(first[rows], last_start), last_start + 1)
        chosen = rng.permutation(len(rows))
        return rows[chosen], starts[chosen], length

    def _step(self, rows: np.ndarray, starts: np.ndarray, length: int, epoch: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate_at(self.steps, self.n_plateaus)
        batch = self.trials["train"].windows(rows, starts, length, self.mean_counts, self.fabric.device)
        loss = self.loss(batch, epoch, self._draws("steps", self.steps))
        self.optimizer.zero_grad()
        self.fabric.backward(loss)
        self.fabric.clip_gradients(
            self.loss, self.optimizer, max_norm=self.recipe.gradient_clip, error_if_nonfinite=False
        )
        self.optimizer.step()
        self._losses.append(loss.item())
        if not np.isfinite(self._losses[-1]):
            raise MethodError(
                f"training diverged at step {self.steps}: the loss is {self._losses[-1]}; lower"
                " fitting.learning_rate or fitting.gradient_clip"
            )
        self.steps += 1

    def _val_co_bps(self) -> float:
        val, n_visible, bits = self.trials["val"], len(self.order.visible), []
        for rows, inferred in self._infer("val", f"check {self.epochs}", self.network.preview):
            hidden = np.nan_to_num(inferred.expected[..., n_visible:].cpu().numpy(), nan=_MOST, posinf=_MOST)
            seen = val.valid[rows][:, :, None]
            if val.observed is not None:
                seen = seen & val.observed[rows][:, None, n_visible:]
            bits.append(SpikeSums.of(val.counts[rows][..., n_visible:], hidden, seen, bin_s=1.0))
        sums = SpikeSums(
            np.concatenate([some.log_likelihood for some in bits]),
            np.concatenate([some.spikes for some in bits]),
            np.concatenate([some.n for some in bits]),
        )
        return float(np.nan_to_num(sums.bits_per_spike(np.ones((1, len(val))))[0]))

    def _infer(
        self, split: str, purpose: str, infer: Callable[[Batch, torch.Generator], Inferred]
    ) -> Iterator[tuple[np.ndarray, Inferred]]:
        """Yield the trials of a split in pieces, and what the network says of them."""
        self.network.eval()
        trials, piece = self.trials[split], self.recipe.batch_trials
        for first in range(0, len(trials), piece):
            rows = np.arange(first, min(first + piece, len(trials)))
            batch = trials.whole(rows, self.mean_counts, self.fabric.device)
            with torch.no_grad():
                yield rows, infer(batch, self._draws(purpose, first))

    def _answer(self, split: str) -> SplitAnswer:
        pieces = [inferred for _, inferred in self._infer(split, f"answer {split}", self.network.infer)]

        def whole(arrays: list[torch.Tensor]) -> np.ndarray:
            return np.concatenate([array.cpu().numpy() for array in arrays])

        expected = whole([piece.expected for piece in pieces])
        if not np.isfinite(expected).all():
            raise MethodError("rates grew beyond all bounds; lower fitting.learning_rate")
        inputs = [piece.inputs for piece in pieces if piece.inputs is not None]
        rates_hz = self.order.restored(expected / np.float32(self.recording.bin_s))
        return SplitAnswer(
            rates_hz, whole([piece.states for piece in pieces]), whole(inputs) if inputs else None
        )

    def _dynamics(self) -> AnsweredDynamics | None:
        """Give the step and the rates in the recording's order of neurons, if the network has a step."""
        law = self.network.law()
        if law is None:
            return None
        to_log_hz = self.order.restored(law.weight.T)
        at_zero = self.order.restored(law.bias) - np.log(self.recording.bin_s)
        return encode(
            law.step,
            lambda states: array_namespace(states).exp(states @ to_log_hz + at_zero),
            len(to_log_hz),
            law.n_inputs,
            law.inputs,
        )

    def _parameters(self) -> dict[str, Scalar | list[Scalar]]:
        best = self.curve[-1 - self._checks_since_best]
        return {
            "seed": self.seed,
            "device": self.fabric.device.type,
            "steps": self.steps,
            "epochs": self.epochs,
            "best_epoch": best.epochs,
            "ended_by": self.why_ended,
            "weights": sum(array.numel() for array in self.network.parameters()),
            "val_co_bps": best.val_co_bps,
            "val_co_bps_by_check": [check.val_co_bps for check in self.curve],
            **self.method.declared,
            **{name: version(name) for name in ("torch", "lightning", "numpy")},
        }

    @property
    def _checkpoint(self) -> Path | None:
        identity = [self.method.identity, self.recording.dataset, str(self.seed), version("torch")]
        name = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
        return self.folder / f"fit-{name}.ckpt" if self.folder else None

    def _save(self, checkpoint: Path) -> None:
        state = {
            **self._stateful(),
            "best": self.best,
            "steps": self.steps,
            "epochs": self.epochs,
            "seconds": self.seconds,
            "n_plateaus": self.n_plateaus,
            "curve": [asdict(check) for check in self.curve],
        }
        with replacing_file(checkpoint) as new:
            self.fabric.save(new, state)

    def _resume(self, checkpoint: Path) -> None:
        try:
            plain = self.fabric.load(checkpoint, self._stateful(), weights_only=True)
            self.curve = [Check(**check) for check in plain["curve"]]
            self.best, self.n_plateaus = plain["best"], plain["n_plateaus"]
            self.steps, self.epochs, self.seconds = plain["steps"], plain["epochs"], plain["seconds"]
        except Exception as error:  # PyTorch has no one class for a damaged file
            raise MethodError(f"{checkpoint}: damaged; delete it to train from the start") from error

    def _stateful(self) -> dict[str, Any]:
        return {"network": self.loss, "optimizer": self.optimizer}

    def _draws(self, purpose: str, index: int) -> torch.Generator:
        return torch.Generator(self.fabric.device).manual_seed(self._number(purpose, index))

    def _number(self, purpose: str, index: int) -> int:
        return int(stream(self.seed, self._purpose(purpose), index).integers(2**63))

    def _purpose(self, purpose: str) -> str:
        return f"methods/{self.method.name}/{purpose}"
