"""Drawing partial observation: circuits of the shipped benchmarks, and students of a part of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ctdspec.benchmark import Benchmark, load
from ctdspec.dynamics.dynamics import Array
from ctdspec.dynamics.infinite_data import StudentAnalysis
from ctdspec.dynamics.mechanism import slowest_time_s
from ctdspec.dynamics.population_student import population_student
from ctdspec.dynamics.simulate import simulate
from ctdspec.engine.infinite_data import Teacher, students
from ctdspec.engine.named_pictures import draw_named
from ctdspec.methods.map_ridge import MapRidge
from ctdspec.methods.student import Law, Series
from ctdspec.pages.partial_picture import (
    PartialObservation,
    PlaneFlow,
    Runs,
    SlowestTimes,
    Spectrum,
    write_partial_pictures,
)
from ctdspec.seeds import stream
from ctdspec.systems.rate_network import RateNetwork
from ctdspec.track import Track, silent

_KINDS = {
    "feedforward integrator": "partial_integrator",
    "feedforward chain": "partial_chain",
    "low rank, two": "partial_low_rank",
    "symmetric": "partial_symmetric",
}
"""What circuits are called, and the benchmark that each is of."""
_UNITS, _SEEN, _DRAW, _DRAWS = 100, 10, 1, 10
_NUMBERS_SEEN = (3, 5, 10, 20, 35, 50, 70, 85, 95, 100)
_GRID, _PATH_S = 25, 4.0
_RUN_S, _RUN_TRIALS, _RUNS, _OUTWARD = 150.0, 20, 3, 3.0
_OSCILLATING = 11
"""The draw of the network of tanh units."""


def draw_partial_observation(names: Sequence[str], to: Path, track: Track = silent) -> list[Path]:
    """Draw pictures of partial observation as ``<name>.png`` in a folder, and give the paths.

    Raises
    ------
    UsageError
        If there is no such picture; nothing is drawn then.
    """

    def draw(path: Path, make: Callable[[], PartialObservation]) -> None:
        write_partial_pictures({path.stem: path}, make())

    return draw_named("partial observation", PICTURES, names, to, track, draw)


def network(benchmark: str, **changes: object) -> RateNetwork:
    """Give the circuit of a shipped benchmark, with some of its fields changed."""
    system = load(benchmark).system
    assert isinstance(system, RateNetwork), "the benchmarks of this family have no other"
    return system.model_copy(update=changes)


def spectra() -> PartialObservation:
    """Give the spectra of circuits, as constructed, and of students of the first units."""
    return PartialObservation(spectra=[_spectrum(name, benchmark) for name, benchmark in _KINDS.items()])


def _spectrum(name: str, benchmark: str) -> Spectrum:
    teacher = Teacher(network(benchmark, units=_UNITS, draw=_DRAW))
    weights = population_student(teacher.network.weights.matrix, teacher.covariance, np.arange(_SEEN), 0.0)
    true = teacher.rates * teacher.network.time_unit_s + 1
    return Spectrum(name, true, np.linalg.eigvals(weights))


def time_constants() -> PartialObservation:
    """Give the slowest time constants of students against the share of the units that they are of."""
    kinds = [_slowest(name, benchmark) for name, benchmark in _KINDS.items()]
    return PartialObservation(time_constants=kinds)


def _slowest(name: str, benchmark: str) -> SlowestTimes:
    wanted = StudentAnalysis(seen=[*_NUMBERS_SEEN], selection="first", looks="continuous", noise_share=0.0)
    teachers = [Teacher(network(benchmark, units=_UNITS, draw=draw)) for draw in range(_DRAWS)]
    found = [[slowest_time_s(one.rates) for one in students(each, wanted, 1.0, 0)] for each in teachers]
    true_s = np.array([slowest_time_s(each.rates) for each in teachers])
    return SlowestTimes(name, true_s, np.array(_NUMBERS_SEEN) / _UNITS, np.array(found))


def flow_fields() -> PartialObservation:
    """Give flows of the seen units of a feedforward integrator in their first two components.

    Of the circuit with its hidden units at rest, and of the student. The paths start from where the circuit
    often is along its first component.
    """
    teacher, seen = Teacher(network("partial_integrator", units=_UNITS, draw=_DRAW)), np.arange(_SEEN)
    covariance = teacher.covariance[np.ix_(seen, seen)]
    variances, axes = np.linalg.eigh(covariance)
    plane, extent = axes[:, :-3:-1], float(2.5 * np.sqrt(variances[-1]))
    own = teacher.network.weights.matrix[np.ix_(seen, seen)]
    student = population_student(teacher.network.weights.matrix, teacher.covariance, seen, 0.0)
    return PartialObservation(
        flow_fields=[
            _flow("circuit, hidden units at rest", own, plane, extent),
            _flow("student of a tenth", student, plane, extent),
        ]
    )


def _flow(name: str, weights: np.ndarray, plane: np.ndarray, extent: float) -> PlaneFlow:
    from scipy.linalg import expm

    drift = weights - np.eye(len(weights))
    grid = np.stack(np.meshgrid(*2 * [np.linspace(-extent, extent, _GRID)]), axis=-1)
    along = grid @ (plane.T @ drift @ plane).T
    starts = np.array([[-0.7, 0.6], [0.7, 0.6], [0.7, -0.6], [-0.7, -0.6]]) * extent
    times = np.linspace(0, _PATH_S, 60)
    paths = np.stack([starts @ (plane.T @ expm(drift * t) @ plane).T for t in times], axis=1)
    return PlaneFlow(name, extent, along[..., 0], along[..., 1], paths)


def limit_sets() -> PartialObservation:
    """Give runs of a quiescent network of tanh units, and of students of a tenth and of half of it.

    Students are fitted to a recording without noise, and start where test trials do, three times as far out.
    """
    benchmark = next(iter(load("partial_oscillation").points))
    task, n_bins = benchmark.task, round(_RUN_S / benchmark.task.bin_s)
    circuit = network("partial_oscillation", draw=_OSCILLATING)
    silence = np.zeros((_RUN_TRIALS, task.n_bins, 0))
    flow = circuit.dynamics(task, None)
    latents = simulate(flow, silence, stream(_OSCILLATING, "picture/noise")).astype(float)
    runs = [_runs("circuit", flow.step, _OUTWARD * latents[:_RUNS, 0], n_bins, task.bin_s)]
    for name, share in (("student of a tenth", 0.1), ("student of half", 0.5)):
        seen = latents[..., : round(share * circuit.units)]
        law = _student(benchmark, seen)
        runs.append(_runs(name, law.step, _OUTWARD * seen[:_RUNS, 0], n_bins, task.bin_s))
    return PartialObservation(limit_sets=runs)


def _student(benchmark: Benchmark, seen: np.ndarray) -> Law:
    """Fit the student of the benchmark to activity (trial, time, seen)."""
    method = benchmark.data_models[0]
    assert isinstance(method, MapRidge), "the benchmark has this one only"
    every = np.ones(seen.shape[:2], bool)
    return method.law(Series(seen, np.zeros((*seen.shape[:2], 0)), every, benchmark.task.bin_s), 0)


def _runs(
    name: str, step: Callable[[Array, Array], Array], starts: np.ndarray, n_bins: int, bin_s: float
) -> Runs:
    """Run states (run, latent) without noise, and give the first unit."""
    states, silence = starts, np.zeros((len(starts), 0))
    along = np.empty((len(starts), n_bins))
    for t in range(n_bins):
        states = step(states, silence)
        along[:, t] = states[:, 0]
    return Runs(name, bin_s * np.arange(n_bins), along)


PICTURES: dict[str, Callable[[], PartialObservation]] = {
    "spectra": spectra,
    "time_constants": time_constants,
    "flow_fields": flow_fields,
    "limit_sets": limit_sets,
}
"""By name, in the order of the page."""
