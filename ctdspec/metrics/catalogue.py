"""Which metrics there are."""

from __future__ import annotations

from ctdspec.metrics.behaviour import BEHAVIOUR
from ctdspec.metrics.bits import CO_SMOOTHING, FORWARD_PREDICTION
from ctdspec.metrics.ctdb import CTDB_CYCLE, CTDB_INPUT, CTDB_STATE
from ctdspec.metrics.cycle import CYCLE
from ctdspec.metrics.dynamics import BASINS, DSA, EXPONENTS, FIXED_POINTS, FLOW, FORECAST, LONG_RUNS
from ctdspec.metrics.edges import EDGES
from ctdspec.metrics.events import EVENTS
from ctdspec.metrics.few_shot import FEW_SHOT
from ctdspec.metrics.inputs import INPUTS
from ctdspec.metrics.labels import LABELS
from ctdspec.metrics.mechanism import CYCLING, MECHANISM, MEMORY
from ctdspec.metrics.metric import Group, Metric
from ctdspec.metrics.procrustes import PROCRUSTES
from ctdspec.metrics.rates import LOG_RATES, RATES
from ctdspec.metrics.states import STATES

GROUPS: tuple[Group, ...] = (
    RATES,
    LOG_RATES,
    CO_SMOOTHING,
    FEW_SHOT,
    FORWARD_PREDICTION,
    STATES,
    PROCRUSTES,
    CYCLE,
    INPUTS,
    EVENTS,
    BEHAVIOUR,
    FLOW,
    FORECAST,
    FIXED_POINTS,
    BASINS,
    EXPONENTS,
    LONG_RUNS,
    DSA,
    MECHANISM,
    MEMORY,
    CYCLING,
    EDGES,
    LABELS,
    CTDB_STATE,
    CTDB_INPUT,
    CTDB_CYCLE,
)
"""Every group of metrics, in the order of tables."""

METRICS: dict[str, Metric] = {metric.id: metric for group in GROUPS for metric in group.metrics}
"""Every metric, by id."""
