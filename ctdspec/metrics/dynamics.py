"""What there is to say about the metrics of dynamics."""

from __future__ import annotations

from math import pi

from ctdspec.metrics.case import Need
from ctdspec.metrics.following import basin_scores, fixed_point_scores, flow_scores, forecast_scores
from ctdspec.metrics.long_runs import exponent_scores, long_run_scores
from ctdspec.metrics.metric import INF, Group, Metric
from ctdspec.metrics.similarity import dsa_chance, dsa_scores

_MOVING: frozenset[Need] = frozenset({"states", "dynamics"})
_RESTING: frozenset[Need] = frozenset({"states", "dynamics", "fixed_points"})
_LONG: frozenset[Need] = frozenset({"states", "dynamics", "exponents"})
_AFFINE = "invertible affine maps of the states and their dynamics, up to the ridge"
_LINEAR_CHANCE = "states of other trials, moved by the linear law with the truth's covariances"


def _flow(id: str, title: str, summary: str, fooled_by: str, low: float) -> Metric:
    return Metric(
        id=id,
        version=1,
        title=title,
        needs=_MOVING,
        low=low,
        summary=summary,
        invariant_to=_AFFINE,
        fooled_by=fooled_by,
        chance=_LINEAR_CHANCE,
    )


_INPUTS = "moves that inputs make are part of the flow"
_AWAY = "half a standard deviation beside the trajectories"
FLOW = Group(
    (
        _flow(
            "flow_cosine",
            "Direction of the flow",
            "Cosine of the angle between one true step and the model's, mean over visited states weighted "
            "by the true speed.",
            f"the length of the moves is not asked for; {_INPUTS}",
            -1,
        ),
        _flow(
            "flow_r2",
            "Flow",
            "Share of the squares of the true moves that the model's moves explain, at visited states.",
            f"the fastest moves decide it; {_INPUTS}",
            -INF,
        ),
        _flow(
            "flow_cosine_off",
            "Direction of the flow, beside",
            f"The same cosine {_AWAY}.",
            "a strong pull back to the trajectories is most of the flow there",
            -1,
        ),
        _flow(
            "flow_r2_off",
            "Flow, beside",
            f"The same share {_AWAY}.",
            "a strong pull back to the trajectories is most of the flow there",
            -INF,
        ),
    ),
    flow_scores,
)
"""Agreement of one step with the true one."""

FORECAST = Group(
    (
        Metric(
            id="forecast_r2",
            version=1,
            title="Forecast",
            needs=_MOVING,
            low=0,
            summary="R² of the true latents while the model runs from its own states, mean over a horizon of "
            "half a trial; below 0 counts as 0.",
            invariant_to=_AFFINE,
            fooled_by="inputs drive the system where it should be, whatever its dynamics",
            chance=_LINEAR_CHANCE,
        ),
        Metric(
            id="valid_time_s",
            version=1,
            title="Valid prediction time",
            needs=_MOVING,
            low=0,
            high=INF,
            unit="s",
            summary="Mean time until a forecast is off by 0.4 standard deviations, at most half a trial.",
            invariant_to=_AFFINE,
            fooled_by="systems that hardly move; the error of the first state decides it in chaos",
            chance=_LINEAR_CHANCE,
        ),
    ),
    forecast_scores,
)
"""How far ahead the model can see."""


def _points(
    id: str, title: str, summary: str, fooled_by: str, better: bool = True, high: float = 1
) -> Metric:
    return Metric(
        id=id,
        version=1,
        title=title,
        needs=_RESTING,
        direction="higher" if better else "lower",
        low=0,
        high=high,
        summary=summary,
        invariant_to=_AFFINE,
        fooled_by=fooled_by,
        chance=_LINEAR_CHANCE,
    )


FIXED_POINTS = Group(
    (
        _points(
            "fixed_point_f1",
            "Fixed points",
            "Harmonic mean of the precision and the recall of fixed points.",
            "a point in the right place counts, whatever the flow around it",
        ),
        _points(
            "fixed_point_precision",
            "Fixed points, precision",
            "Share of the model's fixed points near visited states that match a true one.",
            "a single true point is enough",
        ),
        _points(
            "fixed_point_recall",
            "Fixed points, recall",
            "Share of the true fixed points near visited states that match one of the model.",
            "points everywhere",
        ),
        _points(
            "fixed_point_distance",
            "Fixed points, distance",
            "Mean distance of matched fixed points, in units of the spread of the visited states.",
            "points that match nothing are not in it",
            better=False,
            high=0.25,
        ),
        _points(
            "fixed_point_stability",
            "Fixed points, stability",
            "Share of the matched fixed points with the true number of unstable directions.",
            "points that match nothing are not in it",
        ),
        _points(
            "fixed_point_eigenvalues",
            "Fixed points, eigenvalues",
            "Mean distance of the slow eigenvalues of matched fixed points.",
            "points that match nothing are not in it; a slow step has all eigenvalues near one",
            better=False,
            high=INF,
        ),
    ),
    fixed_point_scores,
)
"""Where the model rests."""

BASINS = Group(
    (
        Metric(
            id="basin_agreement",
            version=1,
            title="Basins",
            needs=_RESTING,
            low=0,
            summary="Share of states that the model, left alone, takes to the attractor that the true system "
            "takes them to.",
            invariant_to=_AFFINE,
            fooled_by="a single attractor, if the truth has one; what happens on the way",
            chance=_LINEAR_CHANCE,
        ),
    ),
    basin_scores,
)
"""Where the model ends."""

EXPONENTS = Group(
    (
        Metric(
            id="lyapunov_error_hz",
            version=1,
            title="Lyapunov exponents",
            needs=_LONG,
            direction="lower",
            low=0,
            high=INF,
            unit="1/s",
            summary="Mean difference of the exponents that the true attractor stands on from the model's "
            "largest.",
            invariant_to="invertible smooth maps of the states and their dynamics",
            fooled_by="another attractor with the same exponents; states, which only say where runs start",
            chance=_LINEAR_CHANCE,
        ),
    ),
    exponent_scores,
)
"""How fast neighbours part."""

LONG_RUNS = Group(
    (
        Metric(
            id="state_divergence",
            version=1,
            title="Visited states",
            needs=_LONG,
            direction="lower",
            low=0,
            high=INF,
            unit="nat",
            summary="Kullback–Leibler divergence of the states that free runs visit, by histograms (D_stsp).",
            invariant_to=_AFFINE,
            fooled_by="the order of time, and its direction",
            chance=_LINEAR_CHANCE,
        ),
        Metric(
            id="spectral_hellinger",
            version=1,
            title="Power spectra",
            needs=_LONG,
            direction="lower",
            low=0,
            summary="Hellinger distance of the power spectra of free runs, mean over latents.",
            invariant_to=_AFFINE,
            fooled_by="the direction of time, and how latents go together",
            chance=_LINEAR_CHANCE,
        ),
    ),
    long_run_scores,
)
"""Where free runs go, and in which rhythm."""

_HALVES = "one half of the true trials against the other"
_SURROGATE = "the linear process with the truth's covariances"
DSA = Group(
    (
        Metric(
            id="dsa_angular",
            version=1,
            title="Dynamical similarity, angle",
            needs=frozenset({"states"}),
            direction="lower",
            low=0,
            high=pi,
            unit="rad",
            summary="Angle between the linear laws of the delay embeddings of latents and mapped states.",
            invariant_to="invertible affine maps of the states, up to the ridge",
            fooled_by="time reversal; where inputs drive, states that only follow them",
            ceiling=_HALVES,
            chance=_SURROGATE,
        ),
        Metric(
            id="dsa_spectral",
            version=1,
            title="Dynamical similarity, spectrum",
            needs=frozenset({"states"}),
            direction="lower",
            low=0,
            high=INF,
            summary="Squared Wasserstein distance of the eigenvalues of the same laws.",
            invariant_to="invertible affine maps of the states, up to the ridge",
            fooled_by="time reversal; where inputs drive, states that only follow them",
            ceiling=_HALVES,
            chance=_SURROGATE,
        ),
    ),
    dsa_scores,
    dsa_chance,
)
"""How alike states move, by linear laws."""
