"""The pages of a leaderboard: static, without network, opened from disk."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from ctdspec.atomic import replacing_folder
from ctdspec.errors import UsageError
from ctdspec.metrics.catalogue import METRICS
from ctdspec.pages.leaderboard import pictures
from ctdspec.pages.leaderboard.table import Table, chips, score_line
from ctdspec.pages.render import render
from ctdspec.pages.script import inline_script
from ctdspec.pages.style import Pen, applied
from ctdspec.results.board import Board, Standing
from ctdspec.results.notes import Notes
from ctdspec.results.result import Answered, Result, write_result

RECORD = "leaderboard.json"
"""The tables as data; what tells a site from other folders."""


@dataclass(frozen=True)
class Site:
    """All that the pages show.

    Attributes
    ----------
    notes : Notes
    boards : sequence of Board
    results : sequence of Result
    """

    notes: Notes
    boards: Sequence[Board]
    results: Sequence[Result]

    @property
    def pens(self) -> dict[str, Pen]:
        """The line of every method, the same on all pages."""
        names = sorted({result.method for result in self.results})
        return {name: Pen.number(index) for index, name in enumerate(names)}

    @property
    def benchmarks(self) -> dict[str, list[Board]]:
        """The tables of each dataset, by the name of its page."""
        found: dict[str, list[Board]] = {}
        for board in self.boards:
            found.setdefault(slug(board.answered), []).append(board)
        return found


def slug(answered: Answered) -> str:
    """Give what a dataset is called in names of files."""
    parts = [answered.benchmark, answered.session, sha256(answered.dataset.encode()).hexdigest()[:8]]
    return "-".join(part for part in parts if part)


def page_of(result: Result) -> str:
    """Give what a result is called in names of files."""
    given = "-given_inputs" if result.given_inputs else ""
    return f"{slug(result.answered)}-{result.method}{given}"


def write_site(out: Path, site: Site) -> Path:
    """Write a site, whole or not at all, and give the path of its first page; an older one is replaced.

    Raises
    ------
    UsageError
        If something else is at `out`.
    """
    if out.exists() and not (out / RECORD).is_file() and not (out.is_dir() and not any(out.iterdir())):
        raise UsageError(f"{out}: found something that is no leaderboard, and left it; give a new folder")
    with replacing_folder(out) as new, applied():
        for name, page in _pages(site):
            path = new / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(page, encoding="utf-8")
        for result in site.results:
            write_result(new / "results" / f"{page_of(result)}.json", result)
        (new / RECORD).write_text(json.dumps(_record(site), indent=1, ensure_ascii=False) + "\n", "utf-8")
    return out / "index.html"


def _pages(site: Site) -> Iterator[tuple[str, str]]:
    script = inline_script([Path(__file__).with_name("sort.js")])
    shared = {"notes": site.notes, "slug": slug, "page_of": page_of, "chips": chips, **script}
    tables = {name: [Table(board) for board in found] for name, found in site.benchmarks.items()}
    yield "index.html", render("leaderboard/index.html.j2", {**shared, "benchmarks": tables, "root": ""})
    for name, found in tables.items():
        content = {"tables": found, "pictures": _board_pictures(found, site.pens), "root": "", "name": name}
        yield f"{name}.html", render("leaderboard/benchmark.html.j2", {**shared, **content})
    for result in site.results:
        yield (
            f"methods/{page_of(result)}.html",
            render("leaderboard/method.html.j2", {**shared, **_method(site, result), "root": "../"}),
        )


def _board_pictures(tables: Sequence[Table], pens: Mapping[str, Pen]) -> list[list[Any]]:
    return [
        [pictures.headline_picture(table.board, pens), pictures.profile_picture(table.board, pens)]
        for table in tables
    ]


def _method(site: Site, result: Result) -> dict[str, Any]:
    """Gather what the page of a method shows."""
    of_it = [
        (board, standing)
        for board in site.boards
        for standing in board.standings
        if standing.result is result
    ]
    return {
        "result": result,
        "tables": [(Table(board), standing) for board, standing in of_it],
        "lines": [score_line(row, METRICS.get(row.metric)) for row in result.scores],
        "pictures": [picture for board, standing in of_it for picture in _of_board(board, standing)],
        "comparisons": [(Table(board), pictures.differences(board, result.method)) for board, _ in of_it],
    }


def _of_board(board: Board, standing: Standing) -> Iterator[Any]:
    if len(board.standings) > 1 and standing.place is not None:
        yield pictures.difference_picture(board, standing.result.method)
    yield pictures.own_profile_picture(board, standing)


def _record(site: Site) -> dict[str, Any]:
    """Give the tables as data."""
    return {
        "format": "ctdspec-leaderboard",
        "version": 1,
        "title": site.notes.title,
        "tables": [
            {
                "benchmark": board.answered.benchmark,
                "dataset": board.answered.dataset,
                "track": board.scorecard.scorecard,
                "given_inputs": board.given_inputs,
                "headline": board.headline,
                "methods": [
                    {
                        "method": standing.result.method,
                        "rank": standing.place.rank if standing.place else None,
                        "groups": standing.place.groups if standing.place else None,
                        "value": row.value if (row := standing.rows.get(board.headline)) else None,
                        "submission": standing.result.submission,
                    }
                    for standing in board.standings
                ],
            }
            for board in site.boards
        ],
    }
