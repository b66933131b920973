"""The system of a dataset, and what was found of it when the dataset was built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ctdspec.benchmark import Benchmark
from ctdspec.dynamics.analysis import FixedPointAnalysis, LyapunovAnalysis
from ctdspec.dynamics.fixed_point_search import Search
from ctdspec.engine.train import kept_weights
from ctdspec.metrics.fixed_points import PointSet
from ctdspec.metrics.model import KnownExponents, KnownFixedPoints, TrueSystem
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.truth import truth_arrays
from ctdspec.systems.task_trained import TaskTrained

if TYPE_CHECKING:
    import zarr

Found = Mapping[str, "zarr.Array"]


def true_system(benchmark: Benchmark, folder: DatasetFolder) -> TrueSystem | None:
    """Give the system of a dataset with what was found of it; None if its weights are not at hand."""
    weights = kept_weights(benchmark, folder)
    if isinstance(benchmark.system, TaskTrained) and weights is None:
        return None
    wanted = benchmark.analysis
    found = truth_arrays(folder.analysis) if wanted is not None and folder.analysis.exists() else {}
    points, exponents = None, None
    if wanted is not None and wanted.fixed_points is not None and "fixed_points/points" in found:
        points = _points(found, wanted.fixed_points, len(benchmark.task.input_names))
    if wanted is not None and wanted.lyapunov is not None and "lyapunov/exponents_hz" in found:
        exponents = _exponents(found, wanted.lyapunov, benchmark.task.bin_s)
    return TrueSystem(lambda: benchmark.system.dynamics(benchmark.task, weights), points, exponents)


def constant_inputs(wanted: FixedPointAnalysis, n_inputs: int) -> np.ndarray:
    """Give the constant input (input,) under which fixed points are looked for."""
    return np.zeros(n_inputs) if wanted.inputs == "zero" else np.array(wanted.inputs, float)


def search(wanted: FixedPointAnalysis) -> Search:
    """Give how fixed points are looked for."""
    return Search(
        visited_starts=wanted.visited_starts,
        segment_starts=wanted.segment_starts,
        rounds=wanted.rounds,
        slow=wanted.slow,
    )


def _points(found: Found, wanted: FixedPointAnalysis, n_inputs: int) -> KnownFixedPoints:
    real, imaginary = (np.asarray(found[f"fixed_points/eigenvalues_{part}"]) for part in ("real", "imag"))
    points = PointSet(np.asarray(found["fixed_points/points"]), real + 1j * imaginary)
    return KnownFixedPoints(points, constant_inputs(wanted, n_inputs), search(wanted))


def _exponents(found: Found, wanted: LyapunovAnalysis, bin_s: float) -> KnownExponents:
    n_bins, transient = (round(seconds / bin_s) for seconds in (wanted.duration_s, wanted.transient_s))
    return KnownExponents(np.asarray(found["lyapunov/exponents_hz"]), max(1, n_bins), transient)
