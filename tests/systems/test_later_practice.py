"""A practice that gives way to another."""

import numpy as np
import pytest
from pydantic import ValidationError
from safetensors.numpy import load_file

from ctdspec.systems.training import train

EASY = {"accuracy": 0.01, "trials": 10}
SHORT = {"batch_trials": 4, "warmup_steps": 1, "accept": EASY}


@pytest.fixture
def longer(task):
    return task.model_dump() | {"trial_s": 0.4}


def trained(system, task, folder):
    train(system, task, 0, folder, lambda items, doing, total: items)
    return load_file(folder / "weights.safetensors")


def test_it_is_practised_from_its_step_on(make_system, longer):
    training = make_system(steps=30, later=[{"from_step": 20, "practice": longer}]).training
    lengths = [training.practice_at(step).trial_s for step in range(30)]
    assert lengths == [0.25] * 20 + [0.4] * 10


def test_it_changes_nothing_before_its_step_and_all_after_it_alike_in_every_run(
    make_system, longer, task, tmp_path
):
    pytest.importorskip("torch", reason="training is an extra: uv run --extra train pytest")
    later = [{"from_step": 8, "practice": longer}]
    # The learning rate knows the number of steps, so runs end early by being accepted, not by having fewer.
    until = {steps: make_system(**SHORT, steps=20, check_every_steps=steps) for steps in (8, 12)}
    then = {steps: make_system(**SHORT, steps=20, check_every_steps=steps, later=later) for steps in (8, 12)}
    runs = {
        (name, steps): trained(system, task, tmp_path / f"{name}{steps}")
        for name, systems in (("until", until), ("then", then), ("again", then))
        for steps, system in systems.items()
    }
    for name in runs["then", 8]:
        np.testing.assert_array_equal(runs["then", 8][name], runs["until", 8][name])
        np.testing.assert_array_equal(runs["then", 12][name], runs["again", 12][name])
    before, after = (runs[name, 12]["cell.weight_hh"] for name in ("until", "then"))
    assert not np.array_equal(before, after)


def test_the_learning_rate_falls_to_zero_again_from_where_it_starts_again(make_system, longer):
    later = [
        {"from_step": 100, "practice": longer},
        {"from_step": 200, "practice": longer, "learning_rate": 0.01},
    ]
    training = make_system(steps=300, warmup_steps=20, later=later).training
    plain = make_system(steps=200, warmup_steps=20).training
    assert [training.learning_rate_at(step) for step in range(200)] == [
        plain.learning_rate_at(step) for step in range(200)
    ]
    by_hand = 0.005 * (1 + np.cos(np.pi * np.arange(101) / 100))
    np.testing.assert_allclose([training.learning_rate_at(step) for step in range(200, 301)], by_hand)


@pytest.mark.parametrize("starts", [[400], [50, 50], [80, 20]])
def test_it_must_come_in_order_and_before_the_end(make_system, longer, starts):
    with pytest.raises(ValidationError, match=r"must rise and stay below steps \(400\): found"):
        make_system(later=[{"from_step": start, "practice": longer} for start in starts])


def test_it_must_be_of_the_task(make_system, longer, task):
    system = make_system(later=[{"from_step": 1, "practice": longer | {"bits": 2}}])
    with pytest.raises(ValueError, match=r"system.training.later\[0\].practice must have the input_names"):
        system.ensure_serves(task)
