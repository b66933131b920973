"""What there is to say about the metrics of mechanisms: which memory an answer's dynamics claim."""

from __future__ import annotations

from ctdspec.metrics.case import Need
from ctdspec.metrics.metric import INF, Group, Metric
from ctdspec.metrics.resting import cycling_scores, mechanism_scores, memory_scores

_NEEDS: frozenset[Need] = frozenset({"states", "dynamics"})
_AFFINE = "invertible affine maps of the states and their dynamics"
_ROTATIONS = "shifts, rotations and a common scale of the states and their dynamics"
_CHANCE = "states of other trials, moved by the linear law with the truth's covariances"


def _metric(
    id: str,
    title: str,
    summary: str,
    fooled_by: str,
    invariant_to: str = _AFFINE,
    low: float = 0,
    high: float = INF,
    unit: str = "1",
    higher: bool = False,
    version: int = 1,
) -> Metric:
    return Metric(
        id=id,
        version=version,
        title=title,
        needs=_NEEDS,
        summary=summary,
        invariant_to=invariant_to,
        fooled_by=fooled_by,
        direction="higher" if higher else "lower",
        low=low,
        high=high,
        unit=unit,
        ceiling="the true system itself, with eigenvalues from its construction where that tells them",
        chance=_CHANCE,
    )


MECHANISM = Group(
    (
        _metric(
            "slowest_time_s",
            "Slowest time constant",
            "Longest time constant of the modes that decay, where the model rests.",
            "one mode is enough; variance that a fit has to call slowness",
            unit="s",
            version=2,
        ),
        _metric(
            "slowness_octaves",
            "Invented slowness",
            "Doublings from the true system's slowest time constant to the model's; negative if too fast.",
            "one mode is enough",
            low=-INF,
            version=2,
        ),
        _metric(
            "line_attractor_score",
            "Line attractor score",
            "Doublings from the second slowest time constant to the slowest; not defined for pairs, growth.",
            "a plane attractor, whose first two time constants are alike, has none",
            version=2,
        ),
        _metric(
            "attractor_dimension",
            "Attractor's dimension",
            "Slow modes that stand apart from the others: 0 for none, 1 for a line, more for a plane.",
            "a single slow mode may be a memory or an amplified input",
        ),
        _metric(
            "growing_modes",
            "Growing modes",
            "Modes that grow where the model rests.",
            "where they lead is not asked",
        ),
        _metric(
            "spectrum_octaves",
            "Time constants",
            "Mean distance of the five slowest time constants from the true ones, in doublings.",
            "systems whose modes have one time constant",
            version=2,
        ),
        _metric(
            "non_normality",
            "Non-normality",
            "Henrici's departure from normality of the step, beside the decay of the median true mode.",
            "coordinates: a part of a normal network is hardly ever normal in others",
            invariant_to=_ROTATIONS,
            high=1,
            higher=True,
        ),
    ),
    mechanism_scores,
)
"""What kind of memory the model is where it rests."""

MEMORY = Group(
    (
        _metric(
            "moment_mismatch",
            "Covariance of its own",
            "Relative distance of the model's stationary covariance, with its residuals as noise, from the "
            "states'.",
            "every regression matches it, right or wrong: it tells a broken fit, and no mechanism",
            invariant_to=_ROTATIONS,
        ),
        _metric(
            "lag_mismatch",
            "Lagged covariance",
            "Relative distance of the model's lagged covariance from the states', five median true time "
            "constants later.",
            "slow models of slow data; finite data have an error of their own",
            invariant_to=_ROTATIONS,
        ),
        _metric(
            "one_step_r2",
            "One step",
            "R² of the states one bin later: uninformative, for staying where one is explains nearly all.",
            "everything that moves slowly beside a bin",
            low=-INF,
            high=1,
            higher=True,
            invariant_to=_ROTATIONS,
        ),
        _metric(
            "retention_excess",
            "Kept perturbations",
            "How much more of a random perturbation the model keeps than the true system, five median true "
            "time constants later.",
            "directions that are hardly visited; maps between states and latents that are no part of one",
            invariant_to=_ROTATIONS,
            low=-INF,
        ),
        _metric(
            "singular_overlap",
            "Singular vectors",
            "Root mean square cosine of the top singular vectors of the model's step with those of the true "
            "one on what the states show, both beside the decay of the median true mode.",
            "a right pattern with a wrong strength; √(vectors / states) is chance",
            invariant_to=f"{_ROTATIONS}, up to the ridge",
            high=1,
            higher=True,
        ),
    ),
    memory_scores,
)
"""How covariances and perturbations go on."""

CYCLING = Group(
    (
        _metric(
            "cycling_share",
            "Cycles",
            "Share of runs from far out, without noise and inputs, that end on a cycle, in chaos or nowhere.",
            "cycles of a period beyond the run",
            high=1,
        ),
    ),
    cycling_scores,
)
"""Whether the model comes to rest."""
