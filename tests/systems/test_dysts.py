import numpy as np
import pytest
from pydantic import ValidationError

from ctdspec.seeds import stream
from ctdspec.systems import dysts as module
from ctdspec.systems.dysts import Dysts
from ctdspec.systems.lorenz import Lorenz
from ctdspec.tasks.spontaneous import Spontaneous

COMMON = {
    "time_unit_s": 0.25, "integrator": "rk4", "steps_per_bin": 4, "noise_sd": 0.0, "burn_in_s": 0.0,
}  # fmt: skip
TASK = Spontaneous(kind="spontaneous", trial_s=1.0, bin_s=0.01)


def make(name, **changes):
    return Dysts(kind="dysts", name=name, initial_sd=0.1, **COMMON | changes)


@pytest.fixture
def installed():
    pytest.importorskip("dysts", reason="dysts is an extra: uv run --extra dysts pytest")


def test_its_lorenz_is_ours(installed):
    theirs = make("Lorenz")
    ours = Lorenz(kind="lorenz", sigma=10.0, rho=28.0, beta=2.667, **COMMON)
    states = theirs.start(5, stream(0, "test"))
    assert theirs.field(states, None) == pytest.approx(ours.field(states, None), abs=1e-11)
    assert theirs.jacobian(states) == pytest.approx(ours.jacobian(states), abs=1e-6)
    after = (system.dynamics(TASK, None).step(states, None) for system in (theirs, ours))
    assert next(after) == pytest.approx(next(after), abs=1e-11)
    assert {"beta", "rho", "sigma", "dt"} == set(theirs.dynamics(TASK, None).parameters())


def test_a_flow_written_for_one_state_takes_many(installed):
    system = make("CellularNeuralNetwork")
    states = system.start(4, stream(0, "test"))
    each = [system.field(state[None], None)[0] for state in states]
    np.testing.assert_array_equal(system.field(states, None), each)
    with pytest.raises(TypeError, match="no complex states"):
        system.field(states + 0j, None)


def test_names_are_those_of_the_collection(installed, shipped_system):
    assert shipped_system("dysts").n_latents == 3
    with pytest.raises(ValidationError, match="unknown flow of dysts Halvorson"):
        make("Halvorson")
    with pytest.raises(ValidationError, match="unknown flow of dysts MackeyGlass"):
        make("MackeyGlass")


def test_without_the_extra_the_user_learns_how_to_get_it(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(ValidationError, match=r"needs dysts, .* pip install 'ctdspec\[dysts\]'"):
        make("Lorenz")
