"""A network in a loop with an arm can be trained: the error goes through the arm back to the weights."""

from importlib.util import find_spec

import numpy as np
import pytest

from ctdspec.benchmark import load
from ctdspec.systems.task_trained import TaskTrained

if find_spec("torch") is None or find_spec("lightning") is None:
    pytest.skip("training is an extra: uv run --extra train pytest", allow_module_level=True)

BENCHMARK = load("random_target")


def tiny() -> TaskTrained:
    system, training = BENCHMARK.system, BENCHMARK.system.training
    short = {"trial_s": 0.2, "reach_s": 0.1, "hold_s": (0.02, 0.03), "delay_s": (0.02, 0.03), "end_s": 0.04}
    practice = training.practice.model_copy(update=short | {"bumps": None, "catch_probability": 0.5})
    changes = {"practice": practice, "batch_trials": 32, "warmup_steps": 0, "learning_rate": 0.01}
    cell = system.cell.model_copy(update={"units": 12})
    recipe = training.model_copy(update=changes)
    return system.model_copy(update={"cell": cell, "training": recipe, "weights": None})


def test_the_loss_falls(tmp_path):
    from ctdspec.systems._lightning import Learner

    learner = Learner(tiny(), BENCHMARK.task, 0, tmp_path / "x.ckpt")
    losses = []
    for _ in range(20):
        before = learner._loss_sum
        learner.advance()
        losses.append(learner._loss_sum - before)
    # Losses of fresh batches differ by a tenth.
    assert np.mean(losses[-3:]) < 0.85 * np.mean(losses[:3])
    assert np.isfinite(losses).all()
