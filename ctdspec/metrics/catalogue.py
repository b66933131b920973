"""Which metrics there are: their names, ranges and needs. What they compute is in `ctdspec.metrics.score`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Need = Literal["rates", "states", "held_out", "spikes"]


@dataclass(frozen=True)
class Metric:
    """What a metric is called and how its numbers are to be read.

    Attributes
    ----------
    id : str
        Name in specs and tables.
    version : int
        Grows when the same answer would get another number.
    title : str
        Name in figures.
    direction : "higher"
        Which way is better.
    low, high : float
        Range of the values; infinite where there is no bound.
    unit : str
        Unit of the values; ``1`` for a pure number.
    needs : set of "rates", "states", "held_out", "spikes"
        What must be there to be scored: rates or states in the answer, held-out neurons or spikes in the
        dataset.
    summary : str
        One sentence that says what is measured.
    """

    id: str
    version: int
    title: str
    direction: Literal["higher"]
    low: float
    high: float
    unit: str
    needs: frozenset[Need]
    summary: str


_INF = float("inf")

METRICS: dict[str, Metric] = {
    metric.id: metric
    for metric in (
        Metric(
            id="rate_r2",
            version=1,
            title="Rate R²",
            direction="higher",
            low=-_INF,
            high=1,
            unit="1",
            needs=frozenset({"rates"}),
            summary="Share of the true rates' variance that the inferred rates explain without any fit, "
            "neurons weighted by their variance.",
        ),
        Metric(
            id="rate_r2_median",
            version=1,
            title="Rate R², median neuron",
            direction="higher",
            low=-_INF,
            high=1,
            unit="1",
            needs=frozenset({"rates"}),
            summary="Median over neurons of the share of each neuron's true rate variance that its inferred "
            "rate explains without any fit.",
        ),
        Metric(
            id="co_bps",
            version=1,
            title="Co-smoothing",
            direction="higher",
            low=-_INF,
            high=_INF,
            unit="bit/spike",
            needs=frozenset({"rates", "held_out", "spikes"}),
            summary="Information that the inferred rates of held-out neurons carry about their spikes, in "
            "bits per spike over a constant rate.",
        ),
        Metric(
            id="co_bps_share",
            version=1,
            title="Co-smoothing, share of oracle",
            direction="higher",
            low=-_INF,
            high=_INF,
            unit="1",
            needs=frozenset({"rates", "held_out", "spikes"}),
            summary="Co-smoothing as a share of what the true rates reach on the very same spikes.",
        ),
        Metric(
            id="state_recall",
            version=1,
            title="State recall",
            direction="higher",
            low=-_INF,
            high=1,
            unit="1",
            needs=frozenset({"states"}),
            summary="Share of the true latents' variance that a linear map of the inferred states explains.",
        ),
        Metric(
            id="state_precision",
            version=1,
            title="State precision",
            direction="higher",
            low=-_INF,
            high=1,
            unit="1",
            needs=frozenset({"states"}),
            summary="Share of the inferred states' variance that a linear map of the true latents explains.",
        ),
    )
}
"""Every metric, by id."""
