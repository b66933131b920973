"""What verbs print."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print data for programs.")]
"""The option that every verb has."""


def say(text: str) -> None:
    """Print a text."""
    typer.echo(text)


def say_json(data: Any) -> None:
    """Print data as JSON."""
    typer.echo(json.dumps(data, indent=1, ensure_ascii=False))


def say_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table, as wide as the terminal, or 110 columns where there is none."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        *headings, title=title or None, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(width=table_width()).print(table)


def table_width() -> int:
    """Give the columns that a table may take: those of the terminal, or 110 where there is none."""
    from rich.console import Console

    console = Console()
    return console.width if console.is_terminal else 110


def in_words(number: float, unit: str = "") -> str:
    """Give a number with three digits and a metric prefix: ``35.2 M``."""
    if number < 1000:
        return f"{number:.3g} {unit}".rstrip()
    power = min(int(math.log10(number) // 3), 4)
    return f"{number / 1000**power:.3g} {'kMGT'[power - 1]}{unit}"
