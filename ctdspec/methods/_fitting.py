"""Fitting a network to spikes; the part of it that needs PyTorch and Lightning."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from ctdspec.atomic import write_text
from ctdspec.methods._learner import Learner
from ctdspec.methods.trained import REPORT, Trained
from ctdspec.store.recording import Recording
from ctdspec.submissions.answer import SPLITS, Answer, Scalar
from ctdspec.systems._lightning import one_thread
from ctdspec.track import Track


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
        learner = Learner(method, recording, seed)
        checkpoint = _checkpoint(method, recording, seed, folder) if folder else None
        if checkpoint and checkpoint.exists():
            learner.resume(checkpoint)
        _train(learner, checkpoint, track, f"fitting {method.name}")
        learner.network.load_state_dict(learner.best_weights)
        answer = _answer(method, learner, seed)
        if folder:
            _report(folder, learner, answer)
        return answer


def _train(learner: Learner, checkpoint: Path | None, track: Track, doing: str) -> None:
    """Train to the end of the recipe, from wherever the learner is."""
    course = learner.course
    remaining = range(0) if course.why_ended else range(course.epochs, course.recipe.max_epochs)
    for _ in track(remaining, doing, len(remaining)):
        learner.train_epoch()
        if course.is_check_due:
            learner.check()
            if checkpoint:
                learner.save(checkpoint)
        if course.why_ended:
            break


def _answer(method: Trained, learner: Learner, seed: int) -> Answer:
    """Answer every split by the weights of the best check."""
    material, network, device = learner.material, learner.network, learner.fabric.device
    splits = {split: material.answer(split, network, device) for split in SPLITS}
    parameters = _parameters(method, learner, seed)
    dataset, dynamics = material.recording.dataset, material.dynamics(network)
    return Answer(method.name, dataset, splits, method.given_inputs, parameters, dynamics)


def _parameters(method: Trained, learner: Learner, seed: int) -> dict[str, Scalar | list[Scalar]]:
    course = learner.course
    return {
        "seed": seed,
        "device": learner.fabric.device.type,
        "steps": course.steps,
        "epochs": course.epochs,
        "best_epoch": course.best.epochs,
        "ended_by": course.why_ended,
        "weights": sum(array.numel() for array in learner.network.parameters()),
        "val_co_bps": course.best.val_co_bps,
        "val_co_bps_by_check": [check.val_co_bps for check in course.checks],
        **method.declared,
        **{name: version(name) for name in ("torch", "lightning", "numpy")},
    }


def _report(folder: Path, learner: Learner, answer: Answer) -> None:
    """Write ``fit.json``, which takes the checkpoint's place."""
    curve = [asdict(check) for check in learner.course.checks]
    report = {**answer.parameters, "seconds": learner.course.seconds, "curve": curve}
    write_text(folder / REPORT, json.dumps(report, indent=1, allow_nan=False) + "\n")
    for checkpoint in folder.glob("fit-*.ckpt"):
        checkpoint.unlink()


def _checkpoint(method: Trained, recording: Recording, seed: int, folder: Path) -> Path:
    """Give the path of the checkpoint, which no other fit shares."""
    identity = [method.identity, recording.dataset, str(seed), version("torch")]
    return folder / f"fit-{hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]}.ckpt"
