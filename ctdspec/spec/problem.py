"""What is wrong with a spec, worded for the person who wrote it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ctdspec.errors import CtdspecError
from ctdspec.spec.located import Keys, Place, dotted, printable

MAX_PROBLEMS = 100
_WIDTH = 100


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and where."""

    place: Place
    path: str
    """Way to the value, such as ``observation.neurons.held_in``; empty for the document as a whole."""
    message: str
    found: str | None = None
    """What was found, if the message does not say it."""
    allowed: str | None = None
    """What is allowed, if the message does not say it."""
    hint: str | None = None
    """What to do, if anything can be said."""

    def __str__(self) -> str:
        place = f"{self.place.source.name}:{self.place.line}:{self.place.column}"
        found = f" (found {self.found})" if self.found else ""
        lines = [f"{place}  {self.path}".rstrip(), f"    {self.message}{found}"]
        lines += [f"    | {line}" for line in _excerpt(self.place)]
        lines += [f"    allowed: {self.allowed}"] if self.allowed else []
        lines += [f"    {self.hint}"] if self.hint else []
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Give the problem as data for machines."""
        return {
            "file": self.place.source.name,
            "line": self.place.line,
            "column": self.place.column,
            "path": self.path,
            "message": self.message,
            "found": self.found,
            "allowed": self.allowed,
            "hint": self.hint,
        }


class SpecError(CtdspecError):
    """A spec is invalid. What is wrong is in `problems`, at most 100 of them, in the order of places."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        found = sorted(problems, key=lambda problem: _order(problem.place))
        self.problems: Sequence[Problem] = found[:MAX_PROBLEMS]
        text = "\n".join(str(problem) for problem in self.problems)
        super().__init__(text + ("\nand more" if len(found) > MAX_PROBLEMS else ""))

    def as_dict(self) -> dict[str, Any]:
        """Give the problems as data for machines."""
        return {"problems": [problem.as_dict() for problem in self.problems]}


def problem(
    place: Place,
    keys: Keys,
    message: str,
    found: str | None = None,
    allowed: str | None = None,
    hint: str | None = None,
) -> Problem:
    """Give a problem of the value at the end of `keys`."""
    return Problem(place, dotted(keys), message, found, allowed, hint)


def did_you_mean(word: str, choices: Iterable[str]) -> str | None:
    """Give the sentence that names the choice most like a word; None if none is close."""
    in_small_letters = {choice.lower(): choice for choice in choices}
    close = difflib.get_close_matches(word[:80].lower(), in_small_letters, n=1, cutoff=0.6)
    return f"did you mean {in_small_letters[close[0]]!r}?" if close else None


def quoted(value: object) -> str:
    """Give a found value as a spec would write it, short enough for one line."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return printable(f"'{value}'", 60)
        case dict():
            return "a mapping"
        case list():
            return "a list"
    return printable(str(value), 60)


def _order(place: Place) -> tuple[str, int, int]:
    return place.source.name, place.line, place.column


def _excerpt(place: Place) -> list[str]:
    """Give the line at a place, cut to a window around it, and a caret beneath the column."""
    line = place.source.line(place.line)
    if not line.strip():
        return []
    start = max(0, place.column - 1 - _WIDTH // 2) if len(line) > _WIDTH else 0
    return [printable(line[start : start + _WIDTH], _WIDTH).rstrip(), " " * (place.column - 1 - start) + "^"]
