import re
from pathlib import Path

import pytest

from ctdspec.metrics.catalogue import GROUPS, METRICS

DOCS = (Path(__file__).parents[2] / "docs/metrics.md").read_text("utf-8")


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.id)
def test_every_metric_is_complete_and_in_the_docs(metric):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", metric.id)
    assert metric.version >= 1
    assert metric.low < metric.high
    assert metric.needs
    assert metric.summary.endswith(".")
    assert all((metric.title, metric.invariant_to, metric.fooled_by, metric.ceiling, metric.chance))
    row = next(line for line in DOCS.splitlines() if line.startswith(f"| `{metric.id}` |"))
    assert f"| {metric.direction} | {metric.unit} | {metric.invariant_to} |" in row
    assert all(need in row for need in metric.needs)
    assert DOCS.count(f"`{metric.id}`") > 1, "a row in the table, and a paragraph"


def test_every_metric_is_in_one_group():
    ids = [metric.id for group in GROUPS for metric in group.metrics]
    assert len(ids) == len(set(ids))
    assert list(METRICS) == ids
