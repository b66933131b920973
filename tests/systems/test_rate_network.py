import numpy as np
import pytest
from pydantic import ValidationError
from scipy.integrate import solve_ivp

from ctdspec.dynamics.jacobian import jacobian
from ctdspec.dynamics.lyapunov import lyapunov_spectrum
from ctdspec.dynamics.simulate import simulate
from ctdspec.dynamics.stationary import stationary_covariance_of_steps
from ctdspec.errors import UsageError
from ctdspec.seeds import stream
from ctdspec.systems.flow import Flow
from ctdspec.tasks.sensory_integration import SensoryIntegration
from ctdspec.tasks.spontaneous import Spontaneous

TASK = Spontaneous(kind="spontaneous", trial_s=1.0, bin_s=0.01)
PHI = {"identity": lambda x: x, "tanh": np.tanh, "relu": lambda x: np.maximum(x, 0)}
GATE = {"states": 8, "sd": 0.5, "duration": 120.0, "rms_below": 1e-3}
GAUSSIAN = {"units": 30, "connectivity": {"kind": "gaussian", "gain": 0.7}, "accept": GATE}
INTEGRATION = SensoryIntegration(
    kind="sensory_integration", trial_s=15.0, bin_s=0.01, signs="random", input_noise_sd=0.05,
    integral_of="input", tolerance=0.3,
    pulses=[
        {"start_s": 2.0, "end_s": 5.0, "first": 1.0, "last": 1.0},
        {"start_s": 7.0, "end_s": 10.0, "first": 0.0, "last": -1.5},
    ],
)  # fmt: skip


@pytest.mark.parametrize("phi", PHI)
@pytest.mark.parametrize("form", ["leaky_current", "leaky_rate"])
def test_the_flow_and_its_derivative_are_those_of_the_form(shipped_system, phi, form):
    system = shipped_system("chaotic_rate_network", **GAUSSIAN | {"phi": phi, "form": form})
    states, b, f = system.start(4, stream(0, "test")), system.weights.matrix, PHI[phi]
    each = [-x + (b @ f(x) if form == "leaky_current" else f(b @ x)) for x in states]
    assert system.field(states, None) == pytest.approx(np.array(each), abs=1e-12)
    euler = system.model_copy(update={"integrator": "euler_maruyama"})
    flow = euler.dynamics(TASK, None)
    found = jacobian(flow, states, np.zeros((4, 0)), 1.0)
    assert found == pytest.approx(np.eye(30) + flow.dt * system.jacobian(states), abs=1e-8)


def test_a_trajectory_of_rectified_units_is_scipys(shipped_system):
    system = shipped_system("chaotic_rate_network", **GAUSSIAN | {"phi": "relu", "steps_per_bin": 20})
    flow = system.dynamics(TASK, None)
    states = start = system.start(1, stream(0, "test"))
    for _ in range(10):
        states = flow.step(states, None)
    b = system.weights.matrix
    judge = solve_ivp(lambda t, x: -x + b @ np.maximum(x, 0), (0, 4), start[0], rtol=1e-9, atol=1e-9)
    assert states[0] == pytest.approx(judge.y[:, -1], abs=1e-5)


def test_one_step_is_the_papers(shipped_system):
    # Qian et al. 2024: x + a (-x + B φ(x) + v), a = 0.01 and v = 0.2 N(0, 1)
    system = shipped_system("lowrank_osc", units=20, accept=None)
    flow, rng = system.dynamics(TASK, None), stream(0, "test")
    states, noise = rng.standard_normal((3, 20)), rng.standard_normal((3, 1, 20))
    expected = states + 0.01 * (-states + np.tanh(states) @ system.weights.matrix.T + 0.2 * noise[:, 0])
    assert flow.step(states, None, noise) == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("name", ["ff_chain", "lowrank_null", "symmetric_line_attractor"])
def test_noise_gives_the_stationary_covariance(shipped_system, name):
    # Time in large steps, so that the scheme's own covariance is reached soon; it differs from the flow's.
    changes = {"units": 8, "time_unit_s": 0.1, "burn_in_s": 0.0}
    if name == "symmetric_line_attractor":
        line = {"kind": "symmetric", "sd": 0.6, "line_attractor": 0.9, "bulk": 0.4}
        changes["connectivity"] = line
    system = shipped_system(name, **changes)
    flow, rng = system.dynamics(TASK, None), stream(0, "test")
    states = np.zeros((20_000, 8))
    for _ in range(400):
        states = flow.step(states, None, rng.standard_normal((20_000, 1, 8)))
    steps = np.eye(8) + flow.dt * (system.weights.matrix - np.eye(8))
    expected = stationary_covariance_of_steps(steps, 0.02**2 * flow.dt * np.eye(8))
    found, scale = np.cov(states.T), np.sqrt(np.outer(*2 * [np.diagonal(expected)]))
    # 64 entries of which one standard error is 1 % or less
    assert np.abs((found - expected) / scale).max() < 0.045
    assert system.stationary_covariance() == pytest.approx(expected, abs=0.12 * expected.max())


@pytest.mark.parametrize(("name", "slack"), [("line_attractor", 0.04), ("ff_integrator", 0.15)])
@pytest.mark.parametrize("time_unit_s", [1.0, 0.5])
def test_integrators_integrate(shipped_system, name, slack, time_unit_s):
    system = shipped_system(name, units=300, noise_sd=0.0, time_unit_s=time_unit_s, burn_in_s=0.0)
    system.ensure_serves(INTEGRATION)
    flow = system.dynamics(INTEGRATION, None)
    trials = INTEGRATION.sample(4, stream(0, "test"))
    outputs = flow.readout(simulate(flow, trials.inputs, stream(1, "test")))
    assert outputs.shape == trials.targets.shape
    # The line leaks 0.1 % per time constant; the chain answers a unit late, and holds for 300 of them.
    assert np.abs(outputs - trials.targets).max() < slack * np.abs(trials.targets).max()


def test_integrators_start_from_zero_whatever_their_spread(shipped_system):
    system = shipped_system("ff_integrator", units=50, initial_sd=1.0, burn_in_s=0.0)
    states = Flow(system, 0.01, 1, 1).initial_states(10, stream(0, "test"))
    assert system.readout(states) == pytest.approx(np.zeros((10, 1)), abs=1e-12)
    assert states.std() == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("name", ["line_attractor", "ff_integrator", "ff_chain", "normal", "lowrank_null"])
def test_known_truth_is_that_of_the_construction(shipped_system, name):
    system = shipped_system(name, units=40, time_unit_s=0.5)
    assert system.known_fixed_points().shape == (1, 40)
    rates = system.known_eigenvalues_hz()
    assert rates.shape == (1, 40)
    assert -1 / rates[0, 0].real == pytest.approx(0.5 / (1 - system.weights.eigenvalues[0].real))
    if name in ("ff_integrator", "ff_chain", "lowrank_null"):
        assert np.all(rates == -2)


def test_large_gaussian_networks_are_chaotic_above_gain_one(shipped_system):
    def largest_exponent(gain):
        connectivity = {"kind": "gaussian", "gain": gain}
        system = shipped_system("chaotic_rate_network", units=120, connectivity=connectivity)
        flow = Flow(system, 0.005)
        starts = flow.initial_states(1, stream(0, "test"))
        found = lyapunov_spectrum(flow, starts, np.zeros((1, 300, 0)), 0.005, 60, scale=1.0)
        return found.exponents_hz[0] * system.time_unit_s

    # Sompolinsky et al. 1988, in a network so small that a window lies between the two
    assert largest_exponent(0.7) < -0.05
    assert largest_exponent(4.0) > 0.1


def test_an_unstable_linear_network_is_refused_with_its_abscissa(shipped_system):
    system = shipped_system("chaotic_rate_network", phi="identity")
    abscissa = np.linalg.eigvals(system.weights.matrix).real.max()
    with pytest.raises(ValueError, match=f"spectral abscissa {abscissa:.4g}, and a linear"):
        system.ensure_serves(TASK)
    shipped_system("chaotic_rate_network").ensure_serves(TASK)
    line = {"kind": "line_attractor", "top": 1.001, "rest": 0.2}
    with pytest.raises(ValueError, match=r"spectral abscissa 1\.001"):
        shipped_system("line_attractor", connectivity=line).ensure_serves(TASK)
    with pytest.raises(ValueError, match=r"steps of 2\.5 time constants .* by 1\.5: .* raise steps_per_bin"):
        shipped_system("ff_chain", time_unit_s=0.004).ensure_serves(TASK)
    with pytest.raises(UsageError, match="needed identity"):
        shipped_system("chaotic_rate_network").stationary_covariance()


def test_a_network_that_is_not_quiescent_is_refused_with_what_it_does(shipped_system):
    shipped_system("triangular_schur", units=100).dynamics(TASK, None)
    symmetric = {"kind": "symmetric", "sd": 0.6, "line_attractor": 1.5, "bulk": 0.4}
    for connectivity, phi, found in [
        ({"kind": "gaussian", "gain": 2.5}, "tanh", "8 of 8 states ended moving: on a cycle, on a chaotic"),
        (
            symmetric,
            "tanh",
            r"8 of 8 states ended at fixed points away from the origin, .* up to 0\.[5-9]",
        ),
        (symmetric | {"line_attractor": 9.0}, "relu", "ended nowhere: they grow without bound"),
    ]:
        changes = {"units": 60, "phi": phi, "accept": GATE, "connectivity": connectivity}
        with pytest.raises(UsageError, match=f"{connectivity['kind']} is not quiescent: .*{found}"):
            shipped_system("lowrank_osc", **changes).dynamics(TASK, None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"units": 3}, "lowrank_null of rank 2 needs 4 units or more, found 3"),
        ({"input_gain": 0.1}, "connectivity lowrank_null has no place for an input; leave input_gain out"),
        ({"phi": "relu"}, "relu units can run away, and no eigenvalue tells: give accept"),
    ],
)
def test_parts_that_do_not_fit_are_refused(shipped_system, changes, message):
    with pytest.raises(ValidationError, match=message):
        shipped_system("lowrank_null", **changes)


def test_it_says_which_inputs_it_takes(shipped_system, task):
    shipped_system("ff_integrator").ensure_serves(task)
    shipped_system("ff_integrator").ensure_serves(TASK)
    two = task.model_copy(update={"bits": 2})
    with pytest.raises(ValueError, match=r"takes one input and gives one output, .* has 2 and 2"):
        shipped_system("ff_integrator").ensure_serves(two)
    with pytest.raises(ValueError, match="use kind: spontaneous"):
        shipped_system("ff_integrator", input_gain=None).ensure_serves(task)
