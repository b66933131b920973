"""NeuroGym's environments, judged by the package itself; what can go wrong, by a small stand-in for it."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from ctdspec.benchmark import load
from ctdspec.errors import CtdspecError, UsageError
from ctdspec.resources import shipped
from ctdspec.seeds import stream
from ctdspec.spec.load import load as load_plain
from ctdspec.tasks import _neurogym, neurogym
from ctdspec.tasks.neurogym import NeuroGym


class GoBox:
    """Fixate for two to four bins, with noise; then one of two lamps says which action is right."""

    def __init__(self, dt, lamps=2, lazy=False, own_dt=None):
        self.dt = own_dt or dt
        self.unwrapped = self
        self.lazy = lazy
        self.observation_space = SimpleNamespace(
            shape=(1 + lamps,), name={"Fixation": 0, "lamp": range(1, 3)}
        )
        self.action_space = SimpleNamespace(shape=(), n=3, name=None)
        self.start_ind, self.end_ind = {}, {}
        self.rng = np.random.RandomState()
        self.born = self.rng.randint(1000)

    def get_wrapper_attr(self, name):
        return getattr(self, name)

    def seed(self, seed):
        self.rng = np.random.RandomState(seed)

    def new_trial(self):
        go, lamp = self.rng.randint(2, 5), self.rng.randint(1, 3)
        self.ob = np.zeros((go + 2, 3), np.float32)
        self.ob[:go, 0] = 1 + self.rng.randn(go)
        self.ob[go:, lamp] = 1
        if not self.lazy:
            self.gt = np.zeros(go + 2, int)
            self.gt[go:] = lamp
        self.start_ind.update({"wait": 0, "go": go})
        self.end_ind.update({"wait": go, "go": go + 2})
        if lamp == 2:
            self.start_ind["bonus"], self.end_ind["bonus"] = go + 1, go + 9


class Reach(GoBox):
    """The same with a continuous action of two dimensions."""

    def __init__(self, dt):
        super().__init__(dt)
        self.action_space = SimpleNamespace(shape=(2,))

    def new_trial(self):
        super().new_trial()
        self.gt = self.ob[:, 1:] * 0.5


class Unseeded(GoBox):
    """What it drew when it was made decides its trials."""

    def new_trial(self):
        super().new_trial()
        self.ob[0] = self.born


class OutOfBounds(GoBox):
    """It asks for an action that it does not have."""

    def new_trial(self):
        super().new_trial()
        self.gt[-1] = 3


@pytest.fixture
def stand_in(monkeypatch):
    """Put a small module in the place of NeuroGym, whether that is installed or not."""
    classes = {"GoBox-v0": GoBox, "Reach-v0": Reach, "Unseeded-v0": Unseeded, "OutOfBounds-v0": OutOfBounds}
    modules = {name: ModuleType(name) for name in ("neurogym", "neurogym.envs", "neurogym.envs.registration")}
    modules["boxes"], modules["gymnasium"] = ModuleType("boxes"), ModuleType("gymnasium")
    vars(modules["boxes"]).update({cls.__name__: cls for cls in classes.values()})
    vars(modules["gymnasium"])["logger"] = SimpleNamespace(set_level=lambda level: None, ERROR=40)
    registry = {name: f"boxes:{cls.__name__}" for name, cls in classes.items()}
    vars(modules["neurogym.envs.registration"])["ALL_EXTENDED_ENVS"] = registry
    for name, module in modules.items():
        module.__spec__ = ModuleSpec(name, None)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(neurogym, "find_spec", lambda name: object())
    _forget()
    yield
    _forget()


def _forget():
    _neurogym.actions.cache_clear()
    _neurogym.observations.cache_clear()


def box(**changes):
    declared = {"kind": "neurogym", "environment": "GoBox-v0", "settings": {}, "trial_s": 0.16, "bin_s": 0.02}
    return NeuroGym(**declared | changes)


@pytest.mark.usefixtures("stand_in")
def test_trials_are_those_of_the_environment():
    task = box()
    assert task.input_names == ("fixation", "lamp_0", "lamp_1")
    assert task.output_names == ("action_0", "action_1", "action_2")
    trials = task.sample(50, stream(1, "test"))
    environment = GoBox(20.0)
    environment.seed(int(stream(1, "test").integers(2**31)))
    for trial in range(50):
        environment.new_trial()
        n = len(environment.ob)
        np.testing.assert_array_equal(trials.inputs[trial, :n], environment.ob)
        np.testing.assert_array_equal(trials.targets[trial, :n].argmax(axis=1), environment.gt)
        np.testing.assert_array_equal(trials.targets[trial, :n].sum(axis=1), 1)
        np.testing.assert_array_equal(trials.valid[trial], np.arange(8) < n)
        go, bonus = trials.epochs["go"], trials.epochs["bonus"]
        assert (go.start[trial], go.stop[trial]) == (n - 2, n)
        expected = (n - 1, n) if environment.gt[-1] == 2 else (0, 0)  # an old trial's period is not kept
        assert (bonus.start[trial], bonus.stop[trial]) == expected
    assert not trials.inputs[~trials.valid].any()
    assert np.isnan(trials.targets[~trials.valid]).all()
    np.testing.assert_array_equal(trials.scored.any(axis=2), trials.valid)
    again = task.sample(50, stream(1, "test"))
    np.testing.assert_array_equal(trials.inputs, again.inputs)


@pytest.mark.usefixtures("stand_in")
def test_accuracy_counts_the_bins_that_ask_for_more_than_rest():
    task = box(rest_action=0)
    trials = task.sample(20, stream(2, "test"))
    right = np.nan_to_num(trials.targets)
    np.testing.assert_array_equal(task.accuracy(right, trials), 1)
    resting = np.zeros_like(right)
    resting[..., 0] = 0.5
    np.testing.assert_array_equal(task.accuracy(resting, trials), 0)
    lengths = trials.valid.sum(axis=1)
    np.testing.assert_allclose(box().accuracy(resting, trials), (lengths - 2) / lengths)
    half = right.copy()
    half[np.arange(20), lengths - 1] = 0
    half[np.arange(20), lengths - 1, 0] = 1
    np.testing.assert_array_equal(task.accuracy(half, trials), 0.5)


@pytest.mark.usefixtures("stand_in")
def test_continuous_actions_are_right_within_the_tolerance():
    task = box(environment="Reach-v0", tolerance=0.1)
    assert task.output_names == ("action_0", "action_1")
    trials = task.sample(10, stream(3, "test"))
    assert set(np.unique(trials.targets[trials.valid])) == {0, 0.5}
    outputs = np.nan_to_num(trials.targets)
    np.testing.assert_array_equal(task.accuracy(outputs + 0.09, trials), 1)
    outputs[:, 0] += 0.2
    np.testing.assert_allclose(task.accuracy(outputs, trials), 1 - 1 / trials.valid.sum(axis=1))


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"settings": {"lazy": True}}, "GoBox-v0 does not say beforehand what is shown and what is right"),
        ({"settings": {"tempo": 1}}, r"cannot be made with these settings: .*unexpected keyword .*'tempo'"),
        ({"settings": {"dt": 10}}, "the time step is bin_s; leave out dt"),
        ({"settings": {"own_dt": 100}}, "GoBox-v0 has a time step of its own, 100 ms"),
        ({"environment": "Unseeded-v0"}, "a seed does not determine the trials of Unseeded-v0"),
        ({"environment": "OutOfBounds-v0"}, "asks for action 3, but its actions go from 0 to 2"),
        ({"environment": "Reach-v0"}, "Reach-v0 has continuous actions: give tolerance and no rest_action"),
        ({"tolerance": 0.1}, "tolerance is for continuous actions, and GoBox-v0 has discrete ones"),
        ({"rest_action": 3}, "rest_action must be below 3, the number of actions"),
    ],
)
def test_what_will_not_do_is_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        box(**changes)


@pytest.mark.usefixtures("stand_in")
def test_a_trial_longer_than_declared_is_refused():
    message = r"a trial of GoBox-v0 lasts \S+ s, longer than trial_s \({}\): raise trial_s"
    with pytest.raises(ValidationError, match=message.format("0.08")):
        box(trial_s=0.08)
    with pytest.raises(UsageError, match=message.format("0.1")):
        box().sample(50, stream(4, "test"), n_bins=5)


SPEC = """\
ctdspec: 1
kind: benchmark
name: x
seed: 0
system: {use: systems/lorenz}
task: {use: tasks/neurogym, environment: goBox, settings: {}}
"""


@pytest.mark.usefixtures("stand_in")
def test_an_unknown_environment_gets_the_close_match(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(SPEC)
    with pytest.raises(CtdspecError) as caught:
        load(path)
    text = str(caught.value)
    assert "x.yaml:6:42  task.environment\n    unknown environment of neurogym (found 'goBox')" in text
    assert "allowed: GoBox-v0, OutOfBounds-v0, Reach-v0, Unseeded-v0" in text
    assert "did you mean 'GoBox-v0'?" in text


def test_a_missing_package_is_named_with_what_to_do(tmp_path, monkeypatch):
    path = tmp_path / "x.yaml"
    path.write_text(SPEC)
    monkeypatch.setattr(neurogym, "find_spec", lambda name: None if name == "neurogym" else object())
    with pytest.raises(CtdspecError, match=r"this task needs neurogym, which .*\n?.*ctdspec\[neurogym\]"):
        load(path)


def test_the_shipped_task_is_the_environment_of_the_package():
    pytest.importorskip("neurogym")
    from neurogym.envs.native.perceptualdecisionmaking import PerceptualDecisionMaking

    declared = load_plain(shipped("specs") / "tasks/neurogym.yaml")[0].plain()
    task = NeuroGym(**declared)
    trials = task.sample(100, stream(5, "test"))
    environment = PerceptualDecisionMaking(dt=20.0, **declared["settings"])
    environment.seed(int(stream(5, "test").integers(2**31)))
    for trial in range(100):
        environment.new_trial()
        n = len(environment.ob)
        assert trials.valid[trial].sum() == n
        np.testing.assert_array_equal(trials.inputs[trial, :n], environment.ob)
        np.testing.assert_array_equal(trials.targets[trial, :n].argmax(axis=1), environment.gt)
    np.testing.assert_array_equal(task.accuracy(np.nan_to_num(trials.targets), trials), 1)
    lengths = trials.epochs["stimulus"].stop - trials.epochs["stimulus"].start
    assert 25 <= lengths.min() < lengths.max() <= 75


def test_most_environments_of_the_package_will_do():
    pytest.importorskip("neurogym")
    from neurogym.envs.registration import ALL_EXTENDED_ENVS

    refused = []
    for name in ALL_EXTENDED_ENVS:
        continuous = name in ("ReachingDelayResponse-v0", "SpatialSuppressMotion-v0")
        try:
            task = box(environment=name, trial_s=10.0, tolerance=0.1 if continuous else None)
        except ValidationError:
            refused.append(name)
            continue
        first, again = (task.sample(30, stream(6, name)) for _ in range(2))
        np.testing.assert_array_equal(first.inputs, again.inputs)
        np.testing.assert_array_equal(first.targets, again.targets)
    assert len(ALL_EXTENDED_ENVS) - len(refused) >= 40, refused
