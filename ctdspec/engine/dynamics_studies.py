"""Pictures of metrics of dynamics."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ctdspec.dynamics.dynamics import Array, Dynamics
from ctdspec.engine.contenders import (
    SWAPPED,
    TRUTH,
    Contender,
    Stepping,
    fooling,
    noise,
    other_trials,
    pulled,
    same,
    scaled,
)
from ctdspec.engine.metric_panels import (
    first_state,
    flow,
    forecast,
    free_run,
)
from ctdspec.engine.metric_study import Study


def _twice(latents: np.ndarray) -> np.ndarray:
    """Give every second bin of two trials in a row."""
    return np.concatenate([latents[:, ::2], other_trials(latents)[:, ::2]], axis=1)[:, : latents.shape[1]]


_MIX = np.array([[1.0, 0.4, -0.2], [-0.3, 1.2, 0.5], [0.2, -0.6, 0.9]])


def _moving(dynamics: Callable[[Dynamics], Dynamics], *fooled: str) -> Contender:
    return Contender(dynamics=dynamics, fooled=frozenset(fooled))


def _apart(share: float) -> Callable[[Dynamics], Dynamics]:
    """Make the true dynamics of a space that is shrunk by a share."""

    def made(true: Dynamics) -> Dynamics:
        def step(states: Array) -> Array:
            inner = states / share
            return share * true.step(inner, inner[:, :0])

        return Stepping(true.n_latents, step)

    return made


def _repeated(times: int) -> Callable[[Dynamics], Dynamics]:
    """Make dynamics that are some steps ahead in every bin."""

    def made(true: Dynamics) -> Dynamics:
        def step(states: Array) -> Array:
            for _ in range(times):
                states = true.step(states, states[:, :0])
            return states

        return Stepping(true.n_latents, step)

    return made


def _off_by(sd_share: float) -> Contender:
    """Make an answer whose states are off by a share of their spread, moved by the truth."""
    return Contender(
        lambda truth, true, rng: {
            "states": true.latents + noise(true.latents, sd_share, rng) * true.latents.std(axis=(0, 1))
        },
        same,
    )


_REMEMBERING = {
    "truth": _moving(same),
    "half the speed": _moving(scaled(0.5), "one_step_r2"),
    "no slow mode": _moving(pulled(0.0, 0.3)),
    "fifty times slower": _moving(scaled(0.02), "one_step_r2"),
    "backwards": _moving(scaled(-1.0), "one_step_r2"),
}

DYNAMICS: dict[str, Study] = {
    "flow": Study(
        "metrics_double_well",
        ("flow_cosine", "flow_r2", "flow_cosine_off", "flow_r2_off"),
        {
            "truth": _moving(same),
            "half the speed": _moving(scaled(0.5), "flow_cosine", "flow_cosine_off"),
            "standing still": _moving(scaled(0.0)),
            "backwards": _moving(scaled(-1.0)),
            "one well at 0": _moving(pulled(0.0, 0.1), "flow_r2_off"),
        },
        "how far a bin moves a state of the double well", "state", flow,
    ),
    "fixed_points": Study(
        "metrics_double_well",
        (
            "fixed_point_f1", "fixed_point_precision", "fixed_point_recall", "fixed_point_distance",
            "fixed_point_stability", "fixed_point_eigenvalues", "basin_agreement",
        ),
        {
            "truth": _moving(same),
            "half the speed": _moving(scaled(0.5)),
            "wells nearer": _moving(_apart(0.85)),
            "backwards": _moving(
                scaled(-1.0), "fixed_point_f1", "fixed_point_precision", "fixed_point_recall",
                "fixed_point_distance",
            ),
            "one well at 0": _moving(pulled(0.0, 0.1), "fixed_point_precision", "fixed_point_distance"),
        },
        "how far a bin moves a state of the double well; 0: fixed point", "state", flow,
    ),
    "forecast": Study(
        "metrics_lorenz",
        ("forecast_r2", "valid_time_s"),
        {
            "truth": _moving(same),
            "states off by 1 %": _off_by(0.01),
            "states off by 10 %": _off_by(0.1),
            "nine tenths the speed": _moving(scaled(0.9)),
            "standing still": _moving(scaled(0.0)),
        },
        "x of the Lorenz system, and a forecast from the first state", "time ahead (s)", forecast,
    ),
    "long_runs": Study(
        "metrics_lorenz",
        ("lyapunov_error_hz", "state_divergence", "spectral_hellinger"),
        {
            "truth": _moving(same),
            "twice as fast": _moving(_repeated(2), "state_divergence"),
            "shrunk by a fifth": _moving(_apart(0.8), "lyapunov_error_hz", "spectral_hellinger"),
            "rests in the middle": _moving(pulled(0.0, 0.1)),
        },
        "x of free runs of the Lorenz system", "time (s)", free_run,
    ),
    "mechanism": Study(
        "metrics_line_attractor",
        (
            "slowest_time_s", "slowness_octaves", "spectrum_octaves", "line_attractor_score",
            "attractor_dimension", "growing_modes", "non_normality",
        ),
        _REMEMBERING,
        "the first unit of free runs of a network with one slow mode", "time (s)", free_run,
        describes=True,
    ),
    "memory": Study(
        "metrics_line_attractor",
        (
            "singular_overlap", "moment_mismatch", "lag_mismatch", "one_step_r2", "retention_excess",
            "cycling_share",
        ),
        _REMEMBERING,
        "the first unit of free runs of a network with one slow mode", "time (s)", free_run,
        describes=True,
    ),
    "similarity": Study(
        "metrics_lorenz",
        ("dsa_angular", "dsa_spectral", "state_recall"),
        {
            "truth": TRUTH,
            "mixed": Contender(lambda truth, true, rng: {"states": true.latents @ _MIX}),
            "other trials": fooling(SWAPPED, "dsa_angular", "dsa_spectral"),
            "backwards in time": fooling(
                Contender(lambda truth, true, rng: {"states": true.latents[:, ::-1]}), "dsa_spectral"
            ),
            "every second bin": Contender(lambda truth, true, rng: {"states": _twice(true.latents)}),
            "noise": Contender(lambda truth, true, rng: {"states": noise(true.latents, 1.0, rng)}),
        },
        "the first latent and the first state", "time (s)", first_state,
    ),
}  # fmt: skip
"""By name; the data are a few trials of the double well and of the Lorenz system."""
