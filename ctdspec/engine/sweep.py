"""What the points of a sweep say together."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ctdspec.atomic import write_text
from ctdspec.benchmark import Benchmark, resolved_yaml
from ctdspec.claims.check import Check
from ctdspec.claims.evidence import NotKnown
from ctdspec.claims.judge import combined
from ctdspec.claims.points import SweptPoint, groups, judge_points
from ctdspec.claims.verdict import Target
from ctdspec.engine.claims import judgements_json, read_evidence
from ctdspec.engine.search import best, search_summary, tried
from ctdspec.engine.step import Cost, Made, Site, Step, new_step
from ctdspec.metrics.table import COLUMNS
from ctdspec.spec.digest import digest
from ctdspec.spec.search import DRAW
from ctdspec.spec.sweep import SEED
from ctdspec.store.layout import DatasetFolder

POINT = "point"
"""Column that names the point."""

Row = dict[str, Any]


VERSION = 1
"""Of the code of this step; see `new_step`."""


def sweep_step(benchmark: Benchmark, needs: Sequence[Step]) -> Step:
    """Give the step that writes the table, the claims and the page over all points of a sweep."""
    make = partial(_make_sweep, benchmark)
    depends_on = {"spec": digest(benchmark)}
    return new_step(
        (benchmark.folder, "sweep"), VERSION, depends_on, needs, make, Cost(5 + 0.01 * len(needs))
    )


def _make_sweep(benchmark: Benchmark, site: Site) -> Made:
    from ctdspec.pages.sweep import write_sweep_report

    folder = site.folder
    points = read_points(benchmark, site.out)
    rows = [row for point in points for row in _rows(point)]
    write_text(folder.spec_yaml, resolved_yaml(benchmark))
    write_text(folder.scores_csv, _csv(rows, list(points[0].values)))
    write_text(folder.scores_json, _json(rows))
    write_text(folder.over_seeds, _json(list(_over_seeds(points))))
    written = [folder.spec_yaml, folder.scores_csv, folder.scores_json, folder.over_seeds]
    if benchmark.search is not None:
        draws = tried(benchmark, benchmark.search, site.out)
        write_text(folder.search, _json(search_summary(benchmark.search, draws)))
        points = _of_draw(points, best(draws))
        written.append(folder.search)
    if benchmark.claims:
        write_text(folder.claims, judgements_json(judge_points(benchmark.claims, points)))
        written.append(folder.claims)
    written.append(write_sweep_report(folder, benchmark))
    facts = {"name": benchmark.folder, "spec": digest(benchmark), "seed": benchmark.seed}
    return Made(dict.fromkeys(written), facts)


def read_points(benchmark: Benchmark, out: Path) -> list[SweptPoint]:
    """Read the points of a sweep that was run, in the order of the grid; DatasetError if one is missing."""
    return [
        SweptPoint(point.label, point.names, read_evidence(DatasetFolder(out / recording.folder)))
        for point, recording in zip(benchmark.named_points, benchmark.points, strict=True)
    ]


def _of_draw(points: Sequence[SweptPoint], draw: int | None) -> list[SweptPoint]:
    """Give the points of a draw, of the first if none was best: their claims then lack an answer."""
    return [point for point in points if point.values[DRAW] == (draw or 0)]


def _rows(point: SweptPoint) -> Iterator[Row]:
    for row in point.evidence.rows:
        yield {POINT: point.label, **point.values, **row}


def _over_seeds(points: Sequence[SweptPoint]) -> Iterator[Row]:
    """Give the mean over the seeds of every score, with its intervals over test trials and over seeds."""
    for same in groups(points, SEED).values():
        values = {path: value for path, value in same[0].values.items() if path != SEED}
        for row in same[0].evidence.rows:
            metric, method = str(row["metric"]), str(row["method"])
            try:
                scores = [point.evidence.estimate(metric, method) for point in same]
            except NotKnown:
                continue
            found = combined([Check("", score, Target()) for score in scores])
            numbers = {
                "value": found.value,
                "low": found.low,
                "high": found.high,
                "seeds_low": found.seeds_low,
                "seeds_high": found.seeds_high,
            }
            yield {**values, "metric": metric, "method": method, "n_seeds": found.n_seeds, **_plain(numbers)}


def _plain(numbers: Mapping[str, float]) -> Row:
    return {name: value if value == value else None for name, value in numbers.items()}


def _csv(rows: Sequence[Row], paths: Sequence[str]) -> str:
    """Give the rows as CSV; a swept value that is no number or text is JSON, what is not defined is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = [POINT, *paths, *COLUMNS]
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else value


def _json(rows: Sequence[Row] | Row) -> str:
    return json.dumps(rows, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
