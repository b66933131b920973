"""The page that shows the points of a sweep together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from ctdspec.atomic import write_text
from ctdspec.benchmark import Benchmark, resolved_yaml
from ctdspec.errors import DatasetError
from ctdspec.metrics.catalogue import METRICS
from ctdspec.metrics.references import CHANCE, REFERENCES
from ctdspec.pages.claim_table import read_claims
from ctdspec.pages.figures.along import Line, draw_along
from ctdspec.pages.picture import Picture
from ctdspec.pages.render import render
from ctdspec.pages.search import read_search
from ctdspec.pages.style import MUTED, TRUTH, Pen, applied
from ctdspec.spec.search import DRAW
from ctdspec.spec.sweep import SEED, value_names
from ctdspec.store.layout import DatasetFolder

MOST_LINES = 8
"""Lines of a plot; with more, those of other values of the other paths are left out."""
MOST_POINTS = 200
"""Points that the page lists."""

Row = dict[str, Any]


def write_sweep_report(folder: DatasetFolder, benchmark: Benchmark) -> Path:
    """Write the page of a sweep, or a search, whose points are scored, and give its path.

    It computes no number: those are read from over_seeds.json, search.json and claims.json. Of a search, the
    plots show the best draw.

    Raises
    ------
    DatasetError
        If the combined scores are missing or damaged.
    """
    sweep = benchmark.sweep or {}
    rows = _read_rows(folder.over_seeds)
    shown = zip(benchmark.named_points, benchmark.points, strict=True)
    with applied():
        search = read_search(folder.search, benchmark.search) if benchmark.search else None
        if search is not None:
            rows = [row for row in rows if row[DRAW] == search.best]
        pictures = [
            picture
            for path in _numeric(benchmark)
            for metric in dict.fromkeys(row["metric"] for row in rows)
            for picture in _pictures(
                metric, path, [row for row in rows if row["metric"] == metric], benchmark
            )
        ]
    content = {
        "benchmark": benchmark,
        "sweep": {path: value_names(values) for path, values in sweep.items()},
        "points": [
            (point, recording.folder.removeprefix(f"{benchmark.folder}/"))
            for point, recording in islice(shown, MOST_POINTS)
        ],
        "search": search,
        "chosen": [row for row in rows if row["value"] is not None][:MOST_POINTS] if search else [],
        "others": [path for path in sweep if path != SEED],
        "columns": [*([DRAW, *search.laws] if search else []), *sweep],
        "n_points": benchmark.n_points,
        "claims": read_claims(folder.claims) if benchmark.claims else [],
        "evidence_links": {row["metric"]: "#scores" for row in rows} if pictures else {},
        "pictures": pictures,
        "spec_yaml": resolved_yaml(benchmark),
    }
    write_text(folder.report, render("sweep.html.j2", content))
    return folder.report


def _read_rows(path: Path) -> list[Row]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"{path}: the scores of the sweep cannot be read ({error}); run the benchmark again"
        ) from None


def _numeric(benchmark: Benchmark) -> list[str]:
    """Give the paths that have an axis: several numbers that are not mere repetitions."""
    return [
        path
        for path, values in (benchmark.sweep or {}).items()
        if path != SEED
        and len(values) > 1
        and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    ]


def _pictures(metric: str, path: str, rows: Sequence[Row], benchmark: Benchmark) -> Iterator[Picture]:
    """Draw one metric against one path, if there is anything to draw."""
    lines = list(_lines(path, rows, benchmark))
    if not lines:
        return
    known = METRICS.get(metric)
    unit = "" if known is None or known.unit == "1" else f" ({known.unit})"
    left_out = len(_others(path, benchmark)) > 0 and len(lines) > MOST_LINES
    said = "; ".join(f"{line.label} from {line.values[0]:.3f} to {line.values[-1]:.3f}" for line in lines[:8])
    yield Picture.of(
        draw_along(lines[:MOST_LINES], path, f"{metric}{unit}"),
        title=f"{known.title if known else metric} along {path}",
        alt=f"{metric} against {path}: {said}.",
        caption="Thick bars: 95 % over test trials. Thin bars: 95 % of the mean over seeds."
        + (f" {MOST_LINES} of {len(lines)} lines are drawn." if left_out else ""),
    )


def _others(path: str, benchmark: Benchmark) -> list[str]:
    """Give the paths, beside one and the seed, that take several values."""
    sweep = benchmark.sweep or {}
    return [other for other in sweep if other not in (path, SEED) and len(sweep[other]) > 1]


def _lines(path: str, rows: Sequence[Row], benchmark: Benchmark) -> Iterator[Line]:
    """Give a line for each method and each combination of the other paths' values."""
    others = _others(path, benchmark)
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row["value"] is not None:
            same = ", ".join([row["method"], *(f"{other.split('.')[-1]} {row[other]}" for other in others)])
            found.setdefault(same, []).append(row)
    names = [label for label, some in found.items() if some[0]["method"] not in REFERENCES]
    for label in sorted(found, key=lambda label: label not in names):
        some = sorted(found[label], key=lambda row: row[path])
        pen = Pen.number(names.index(label)) if label in names else _reference_pen(some[0]["method"])
        yield Line(
            label,
            pen,
            [row[path] for row in some],
            [row["value"] for row in some],
            [(row["low"], row["high"]) for row in some],
            [(row["seeds_low"], row["seeds_high"]) for row in some],
            in_view=not some[0]["method"].startswith(CHANCE),
        )


def _reference_pen(method: str) -> Pen:
    return Pen(MUTED, "dotted") if method.startswith(CHANCE) else Pen(TRUTH, "dashed")
