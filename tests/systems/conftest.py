"""A flip-flop that is learned in seconds, and what trains on it."""

from collections.abc import Callable
from typing import Any

import pytest

from ctdspec.systems.task_trained import TaskTrained
from ctdspec.tasks.flip_flop import FlipFlop

TASK = {
    "kind": "flip_flop", "bits": 1, "trial_s": 2.0, "bin_s": 0.01, "pulse_probability": 0.02,
    "quiet_s": 0.03, "input_noise_sd": 0.1, "switch_mask_bins": 4,
}  # fmt: skip
TRAINING = {
    "practice": TASK | {"trial_s": 0.25, "pulse_probability": 0.05, "switch_mask_bins": 0},
    "batch_trials": 32, "steps": 400, "learning_rate": 0.03, "warmup_steps": 20, "gradient_clip": 1.0,
    "check_every_steps": 50, "accept": {"accuracy": 0.97, "trials": 100},
}  # fmt: skip


@pytest.fixture
def task() -> FlipFlop:
    return FlipFlop(**TASK)


@pytest.fixture
def make_system() -> Callable[..., TaskTrained]:
    """Make a small network; keywords change its training."""

    def make(**training: Any) -> TaskTrained:
        cell = {"kind": "noisy_gru", "units": 12, "noise_sd": 0.01}
        return TaskTrained(kind="task_trained", cell=cell, training=TRAINING | training)

    return make
