"""What is computed of the true system when a dataset is built."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from ctdspec.atomic import write_text
from ctdspec.benchmark import Benchmark
from ctdspec.dynamics.analysis import Analysis, FixedPointAnalysis, LyapunovAnalysis
from ctdspec.dynamics.certificate import TrappingBox
from ctdspec.dynamics.dynamics import Dynamics
from ctdspec.dynamics.fixed_points import FixedPoints, find_fixed_points
from ctdspec.dynamics.lyapunov import LyapunovSpectrum, lyapunov_spectrum
from ctdspec.engine.infinite_data import model_facts, model_group, models_of_parts
from ctdspec.engine.robustness import robustness, robustness_facts, robustness_group
from ctdspec.engine.step import Cost, Made, Site, Step, code_digest, new_step
from ctdspec.engine.train import kept_weights
from ctdspec.engine.true_system import constant_inputs, search
from ctdspec.seeds import stream
from ctdspec.store.groups import Group, write_groups
from ctdspec.store.layout import DatasetFolder
from ctdspec.store.truth import open_truth
from ctdspec.submissions.answer import SPLITS
from ctdspec.systems.trained_network import TrainedNetwork

Facts = Mapping[str, float]


@dataclass(frozen=True)
class States:
    """Latents (trial, time, latent) float32 of some trials, and which bins belong to them (trial, time)."""

    latents: np.ndarray
    valid: np.ndarray


VERSION = 1
"""Of the code of this step; see `new_step`."""


def analysis_step(benchmark: Benchmark, truth: Step) -> list[Step]:
    """Give the step that analyses the true system, if the spec asks for it.

    The results have a store of their own beside the truth: they can be computed again without it, and differ
    between processors by more than arrays of the truth may.
    """
    if benchmark.analysis is None:
        return []
    depends_on = {"analysis": code_digest(benchmark.analysis)}
    make = partial(_make_analysis, benchmark, benchmark.analysis)
    return [new_step((benchmark.folder, "analysis"), VERSION, depends_on, [truth], make, Cost(20, 1e9, 1e7))]


def _make_analysis(benchmark: Benchmark, analysis: Analysis, site: Site) -> Made:
    folder, bin_s = site.folder, benchmark.task.bin_s
    dynamics = benchmark.system.dynamics(benchmark.task, kept_weights(benchmark, folder))
    groups: dict[str, Group] = {}
    facts: dict[str, float] = {}
    with threadpool_limits(1, "blas"):
        if analysis.fixed_points is not None:
            train = train_states(folder, analysis.fixed_points.visited_trials)
            found = fixed_points(benchmark, dynamics, analysis.fixed_points, train)
            groups["fixed_points"] = fixed_point_group(found, bin_s)
            facts |= fixed_point_facts(found, bin_s)
        if analysis.lyapunov is not None:
            train = train_states(folder, analysis.lyapunov.trials)
            spectrum = lyapunov(benchmark, dynamics, analysis.lyapunov, train)
            groups["lyapunov"] = lyapunov_group(spectrum)
            facts |= lyapunov_facts(spectrum)
        if analysis.robustness is not None:
            assert isinstance(dynamics, TrainedNetwork), "the spec was checked"
            degraded = robustness(folder, dynamics, analysis.robustness, benchmark.seed)
            groups["robustness"] = robustness_group(degraded)
            facts |= robustness_facts(degraded)
        for name, teacher, models in models_of_parts(benchmark, analysis):
            groups[name] = model_group(models)
            facts |= model_facts(name, teacher, models)
    made = write_groups(folder.analysis, groups)
    write_text(folder.facts, json.dumps(facts, indent=1, allow_nan=False) + "\n")
    return Made({folder.analysis: made, folder.facts: None})


def train_states(folder: DatasetFolder, n_trials: int) -> States:
    """Read the first train trials, as many as there are up to `n_trials`."""
    truth = open_truth(folder.truth)
    trials = np.flatnonzero(truth["split"].to_numpy() == SPLITS.index("train"))[:n_trials]
    return States(*(truth[name].isel(trial=trials).to_numpy() for name in ("latents", "valid")))


def fixed_points(
    benchmark: Benchmark, dynamics: Dynamics, wanted: FixedPointAnalysis, train: States
) -> FixedPoints:
    """Find the fixed points of a system, from the states that train trials visited."""
    inputs = constant_inputs(wanted, len(benchmark.task.input_names))
    bounds, ones = dynamics.bounds, np.ones(dynamics.n_latents)
    return find_fixed_points(
        dynamics,
        inputs,
        train.latents[train.valid].astype(float),
        stream(benchmark.seed, "analysis/fixed_points"),
        box=None if bounds is None else TrappingBox(bounds[0] * ones, bounds[1] * ones),
        search=search(wanted),
    )


def lyapunov(
    benchmark: Benchmark, dynamics: Dynamics, wanted: LyapunovAnalysis, train: States
) -> LyapunovSpectrum:
    """Give the exponents along trajectories that go on where train trials end."""
    bin_s = benchmark.task.bin_s
    last = train.valid.shape[1] - 1 - np.argmax(train.valid[:, ::-1], axis=1)
    transient_bins, n_bins = round(wanted.transient_s / bin_s), max(1, round(wanted.duration_s / bin_s))
    return lyapunov_spectrum(
        dynamics,
        train.latents[np.arange(len(last)), last].astype(float),
        np.zeros((len(last), transient_bins + n_bins, 0)),
        bin_s,
        transient_bins,
        scale=float(np.sqrt(train.latents[train.valid].var(axis=0, dtype=float).sum())),
    )


def fixed_point_group(found: FixedPoints, bin_s: float) -> Group:
    """Give fixed points as they are stored; the certificate is in the attributes."""
    certificate = found.certificate
    return Group(
        {
            "points": (("point", "latent"), found.points),
            "q": (("point",), found.q),
            "jacobian": (("point", "latent", "latent_before"), found.jacobians),
            "eigenvalues_real": (("point", "eigenvalue"), np.real(found.eigenvalues)),
            "eigenvalues_imag": (("point", "eigenvalue"), np.imag(found.eigenvalues)),
            "time_constants_s": (("point", "eigenvalue"), found.time_constants_s(bin_s)),
            "index": (("point",), found.index),
            "stable": (("point",), found.stable),
            "slow_points": (("slow_point", "latent"), found.slow_points),
            "slow_q": (("slow_point",), found.slow_q),
        },
        {
            "certificate": certificate.verdict,
            "reason": certificate.reason,
            "index_sum": certificate.index_sum,
            "closed": int(found.closed),
            "n_starts": found.n_starts,
        },
    )


def fixed_point_facts(found: FixedPoints, bin_s: float) -> Facts:
    """Give `ctdspec.dynamics.analysis.FIXED_POINT_FACTS`, but for those that are not defined."""
    n_latents, index, verdict = found.points.shape[1], found.index, found.certificate.verdict
    facts: dict[str, float] = {
        "fixed_points.count": len(found.points),
        "fixed_points.stable": int(found.stable.sum()),
        "fixed_points.saddles": int(((index > 0) & (index < n_latents)).sum()),
        "fixed_points.repellers": int((index == n_latents).sum()),
        "fixed_points.slow": len(found.slow_points),
        "fixed_points.index_sum": found.certificate.index_sum,
        "fixed_points.closed": int(found.closed),
    }
    if verdict != "not applicable":
        facts["fixed_points.complete"] = int(verdict == "complete")
    slowest_s = found.time_constants_s(bin_s)[found.stable].max(initial=0)
    if 0 < slowest_s < math.inf:
        facts["fixed_points.slowest_stable_s"] = float(slowest_s)
    return facts


def lyapunov_group(spectrum: LyapunovSpectrum) -> Group:
    """Give Lyapunov exponents as they are stored."""
    return Group(
        {
            "exponents_hz": (("exponent",), spectrum.exponents_hz),
            "standard_errors_hz": (("exponent",), spectrum.standard_errors_hz),
            "per_trial_hz": (("trial", "exponent"), spectrum.per_trial_hz),
        },
        {"kaplan_yorke_dimension": spectrum.kaplan_yorke_dimension},
    )


def lyapunov_facts(spectrum: LyapunovSpectrum) -> Facts:
    """Give `ctdspec.dynamics.analysis.LYAPUNOV_FACTS`."""
    exponents, errors = spectrum.exponents_hz, spectrum.standard_errors_hz
    return {
        "lyapunov.largest_hz": float(exponents[0]),
        "lyapunov.largest_se_hz": float(errors[0]),
        "lyapunov.sum_hz": float(exponents.sum()),
        "lyapunov.positive": int((exponents > 3 * errors).sum()),
        "lyapunov.kaplan_yorke_dimension": spectrum.kaplan_yorke_dimension,
    }
