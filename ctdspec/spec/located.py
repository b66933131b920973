"""Values that remember where they were written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Key = str | int
Keys = tuple[Key, ...]
"""The way from the root of a document to a value: keys of mappings and indices of lists."""
Scalar = bool | int | float | str | None


@dataclass(frozen=True, eq=False)
class Source:
    """A text and what its file is called in messages."""

    name: str
    text: str

    def line(self, number: int) -> str:
        """Give a line by its number, counted from 1; empty if there is no such line."""
        lines = re.split(r"\r\n|\r|\n", self.text)
        return lines[number - 1] if 0 < number <= len(lines) else ""


@dataclass(frozen=True)
class Place:
    """A line and a column of a source, both counted from 1."""

    source: Source
    line: int
    column: int


@dataclass(frozen=True, eq=False)
class Located:
    """A value, where it stands, and where the key stands that holds it (None in a list and at the root)."""

    value: Scalar | list[Located] | dict[str, Located]
    place: Place
    key: Place | None = None
    broken: bool = field(default=False)
    """True if the value could not be read; the problem has been reported."""

    @property
    def anchor(self) -> Place:
        """Where a message about the value points: to it, or to the key of a list, a mapping or nothing."""
        return (
            self.key
            if self.key and (self.value is None or isinstance(self.value, (list, dict)))
            else self.place
        )

    def plain(self) -> Any:
        """Give the value as plain Python data."""
        match self.value:
            case dict():
                return {key: child.plain() for key, child in self.value.items()}
            case list():
                return [child.plain() for child in self.value]
        return self.value

    @property
    def holds_broken(self) -> bool:
        """Whether the value, or one in it, could not be read."""
        children: Iterable[Located] = ()
        if isinstance(self.value, dict):
            children = self.value.values()
        elif isinstance(self.value, list):
            children = self.value
        return self.broken or any(child.holds_broken for child in children)

    def along(self, keys: Iterable[Key]) -> list[Located]:
        """Give the values that are met on the way down, the root first, as far as the way exists."""
        way: list[Located] = [self]
        for key in keys:
            match way[-1].value, key:
                case dict() as mapping, str() if key in mapping:
                    way.append(mapping[key])
                case list() as items, int() if key < len(items):
                    way.append(items[key])
                case _:
                    break
        return way

    def relocated(self, data: Any) -> Located:
        """Give other data the places of this value, as far as their shapes agree."""
        mine = self.value
        if isinstance(data, Mapping):
            known: dict[str, Located] = mine if isinstance(mine, dict) else {}
            children = {key: known.get(key, self).relocated(child) for key, child in data.items()}
            return Located(children, self.place, self.key, self.broken)
        if isinstance(data, list):
            items: list[Located] = mine if isinstance(mine, list) else []
            return Located(
                [(items[i] if i < len(items) else self).relocated(child) for i, child in enumerate(data)],
                self.place, self.key, self.broken,
            )  # fmt: skip
        return Located(data, self.place, self.key, self.broken)


def dotted(keys: Keys) -> str:
    """Give the way to a value as people write it: ``data_models[1].name``."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        elif re.fullmatch(r"\w[\w-]{0,63}", key, re.ASCII):
            text += f".{key}"
        else:
            text += f"[{printable(repr(key), 40)}]"
    return text.removeprefix(".")


def printable(text: str, width: int) -> str:
    """Give text that is safe on a terminal: control characters replaced one for one, cut at `width`."""
    shown = "".join(
        c if c.isprintable() else " " if c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text[: width + 1]
    )
    return shown if len(shown) <= width else shown[: width - 1] + "…"
