"""Training, judged by the bar it must reach and by runs that were not disturbed."""

import json
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from ctdspec.dynamics.simulate import simulate
from ctdspec.errors import DatasetError, TrainingError, UsageError
from ctdspec.seeds import stream
from ctdspec.systems import training
from ctdspec.systems.training import train


def unheard(items, doing, total):
    return items


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="training is an extra: uv run --extra train pytest")


class Killed(BaseException):
    """What a kill looks like from inside: nothing catches it."""


def killed_after(steps):
    def track(items, doing, total):
        for taken, item in enumerate(items):
            if taken == steps:
                raise Killed
            yield item

    return track


def test_a_small_network_reaches_its_bar_and_its_files_say_so(torch, task, make_system, tmp_path):
    system = make_system()
    report = train(system, task, 0, tmp_path, unheard)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["training.json", "weights.safetensors"]
    written = json.loads((tmp_path / "training.json").read_text())
    assert written["accuracy"] == report.accuracy >= 0.97
    assert [check["steps"] for check in written["curve"]] == list(range(50, report.steps + 1, 50))
    assert all(check["accuracy"] < 0.97 for check in written["curve"][:-1])

    # Fresh trials, from another stream; 0.97 less five standard errors.
    network = system.dynamics(task, tmp_path / "weights.safetensors")
    trials = task.sample(400, stream(99, "test"))
    outputs = network.readout(simulate(network, trials.inputs, stream(98, "test")))
    accuracy = task.accuracy(outputs, trials)
    assert np.nanmean(accuracy) > 0.97 - 5 * np.nanstd(accuracy) / 20


def test_a_missed_bar_is_an_error_and_leaves_other_weights_alone(torch, task, make_system, tmp_path):
    (tmp_path / "weights.safetensors").write_bytes(b"from before")
    with pytest.raises(TrainingError, match=r"0\.97 was asked, 0\.\d+ was reached after 4 steps") as caught:
        train(make_system(steps=4, warmup_steps=2, check_every_steps=2), task, 0, tmp_path, unheard)
    assert caught.value.exit_code == 4
    assert "raise system.training.steps" in str(caught.value)
    assert (tmp_path / "weights.safetensors").read_bytes() == b"from before"


@pytest.mark.parametrize("kill_at", [[3], [10, 7], [11, 1, 7]])
def test_a_killed_run_goes_on_as_if_undisturbed(torch, task, make_system, tmp_path, kill_at):
    system = make_system(
        steps=22, warmup_steps=4, check_every_steps=5, batch_trials=4, accept={"accuracy": 1.0, "trials": 20}
    )
    curve, state = _end_of_training(torch, system, task, tmp_path / "undisturbed", [])
    assert [check["steps"] for check in curve] == [5, 10, 15, 20, 22]
    resumed_curve, resumed_state = _end_of_training(torch, system, task, tmp_path / "resumed", kill_at)
    assert resumed_curve == curve
    assert resumed_state.keys() == state.keys()
    assert all(torch.equal(resumed_state[name], tensor) for name, tensor in state.items())


def _end_of_training(torch, system, task, folder, kill_at):
    """Give the curve and the weights in the last checkpoint of a run that is killed and started again."""
    for steps in kill_at:
        with pytest.raises(Killed):
            train(system, task, 3, folder, killed_after(steps))
    with pytest.raises(TrainingError):
        train(system, task, 3, folder, unheard)
    (checkpoint,) = folder.iterdir()
    last = torch.load(checkpoint, weights_only=True)
    return last["curve"], last["network"]


def test_a_checkpoint_of_another_recipe_seed_or_task_is_not_used(torch, task, make_system, tmp_path):
    tiny = {"steps": 2, "warmup_steps": 1, "check_every_steps": 1, "batch_trials": 2}
    for system, its_task, seed in (
        (make_system(**tiny), task, 0),
        (make_system(**tiny), task, 1),
        (make_system(**tiny | {"batch_trials": 3}), task, 0),
        (make_system(**tiny), task.model_copy(update={"trial_s": 1.0}), 0),
    ):
        with pytest.raises(TrainingError, match="after 2 steps"):
            train(system, its_task, seed, tmp_path, unheard)
    assert len(list(tmp_path.iterdir())) == 4


def test_a_damaged_checkpoint_is_named(torch, task, make_system, tmp_path):
    system = make_system(steps=2, warmup_steps=1, check_every_steps=1, batch_trials=2)
    with pytest.raises(TrainingError):
        train(system, task, 0, tmp_path, unheard)
    (checkpoint,) = tmp_path.iterdir()
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(DatasetError, match=f"{checkpoint.name}: damaged; delete it"):
        train(system, task, 0, tmp_path, unheard)


def test_divergence_is_reported_at_its_step(torch, task, make_system, tmp_path, monkeypatch):
    from ctdspec.systems import _lightning

    monkeypatch.setattr(_lightning, "_asked", lambda trials: (trials.targets * np.nan, trials.inputs))
    with pytest.raises(TrainingError, match="diverged at step 0: the loss is nan"):
        train(make_system(), task, 0, tmp_path, unheard)


def test_trials_in_which_nothing_counts_teach_nothing(torch, task, make_system, tmp_path):
    from ctdspec.systems._lightning import Learner

    system = make_system(practice=task.model_copy(update={"trial_s": 0.25}).model_dump() | {"quiet_s": 0.24})
    learner = Learner(system, task, 0, tmp_path / "none.ckpt")
    learner.advance()
    assert all(np.isfinite(array).all() for array in learner.weights().values())


def test_without_the_extra_the_user_learns_how_to_get_it(task, make_system, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'ctdspec\[train\]'") as caught:
        train(make_system(), task, 0, tmp_path / "new", unheard)
    assert "torch and lightning" in str(caught.value)
    assert caught.value.exit_code == 2
    assert not (tmp_path / "new").exists()


def test_a_task_that_was_not_practised_is_refused(torch, task, make_system, tmp_path):
    with pytest.raises(UsageError, match="practice must have the input_names of the task"):
        train(make_system(), task.model_copy(update={"bits": 2}), 0, tmp_path, unheard)


def test_the_learning_rate_rises_linearly_and_falls_along_half_a_cosine(make_system):
    recipe = make_system(steps=110, warmup_steps=10, learning_rate=0.01).training
    rates = [recipe.learning_rate_at(step) for step in range(110)]
    np.testing.assert_allclose(rates[:10], np.linspace(0.001, 0.01, 10))
    np.testing.assert_allclose([rates[10], rates[60]], [0.01, 0.005])
    assert 0 < rates[-1] < 1e-5


def test_training_says_nothing_and_leaves_no_folder(torch, tmp_path):
    """Lightning's greetings, warnings and log folders stay out of a user's terminal and folder."""
    script = """
        import sys
        sys.path.insert(0, sys.argv[1])
        from pathlib import Path
        from conftest import TASK, TRAINING
        from ctdspec.errors import TrainingError
        from ctdspec.systems.task_trained import TaskTrained
        from ctdspec.systems.training import train
        from ctdspec.tasks.flip_flop import FlipFlop
        easy = {"accept": {"accuracy": 1e-9, "trials": 9}}
        tiny = {"steps": 2, "warmup_steps": 1, "check_every_steps": 1} | easy
        cell = {"kind": "gru", "units": 4}
        system = TaskTrained(kind="task_trained", cell=cell, training=TRAINING | tiny)
        train(system, FlipFlop(**TASK), 0, Path("out"), lambda items, doing, total: items)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), __file__.rpartition("/")[0]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "out",
        "training.json",
        "weights.safetensors",
    ]
