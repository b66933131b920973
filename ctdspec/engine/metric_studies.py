"""Which pictures of metrics there are."""

from __future__ import annotations

from ctdspec.engine.activity_studies import ACTIVITY
from ctdspec.engine.circuit_studies import CIRCUITS
from ctdspec.engine.dynamics_studies import DYNAMICS
from ctdspec.engine.metric_study import Study

STUDIES: dict[str, Study] = ACTIVITY | DYNAMICS | CIRCUITS
"""By name; every metric is in one of them."""
