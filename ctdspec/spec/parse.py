"""YAML text as values that remember their places.

YAML 1.2 with its core schema, minus everything a spec does not need: no tags, anchors, aliases, merge keys,
directives, further documents, or keys that are not texts. Depth and number of values are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from ctdspec.spec.located import Keys, Located, Place, Source, printable
from ctdspec.spec.problem import Problem, SpecError, problem
from ctdspec.spec.scalar import ensure_text, resolve_plain

MAX_DEPTH = 24
MAX_NODES = 20_000

_REUSE = "to say something once, put it into a file of its own and pull it in with `use:`"

# Control characters, what Unicode counts as further line breaks, and the byte-order mark in mid-text.
_UNPRINTABLE = re.compile(
    "[^\t\n\r -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_BREAK = re.compile(r"\r\n|\r|\n")


def parse(source: Source) -> tuple[Located, list[Problem]]:
    """Read YAML text.

    Returns
    -------
    document, problems
        What the text says, and what is wrong with it. A value that is wrong is marked as broken.

    Raises
    ------
    SpecError
        If it is not YAML, so that nothing more can be said about it.
    """
    if match := _UNPRINTABLE.search(source.text) or re.search(r"^%", source.text, re.MULTILINE):
        place = place_of(source, match.start())
        if match.group() == "%":
            raise SpecError([problem(place, (), "YAML directives (lines that start with %) are not allowed")])
        message = f"character U+{ord(match.group()):04X} is not allowed in a spec"
        raise SpecError([problem(place, (), message, hint="write it as an escape in a double-quoted string")])

    reader = _Reader(source)
    for event in _events(reader):
        reader.take(event)
        if reader.stopped:
            raise SpecError(reader.problems)
    if reader.root is None:
        raise SpecError([*reader.problems, problem(Place(source, 1, 1), (), "the file holds no document")])
    return reader.root, reader.problems


def place_of(source: Source, offset: int) -> Place:
    """Give the place of a character of a source."""
    lines = _BREAK.split(source.text[:offset])
    return Place(source, len(lines), len(lines[-1]) + 1)


def _events(reader: _Reader) -> Iterator[Any]:
    """Give the events of the YAML parser; what it cannot read ends as a SpecError."""
    try:
        yield from YAML(typ="safe", pure=True).parse(reader.source.text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(reader.source, mark.line + 1, mark.column + 1) if mark else reader.last
        text = ", ".join(" ".join(part.split()) for part in (error.context, error.problem) if part)
        hint = "indent with spaces" if "'\\t'" in text else None
        reader.problems.append(problem(place, (), f"not valid YAML: {printable(text, 200)}", hint=hint))
    except Exception as error:  # on odd input the parser also raises ValueError, IndexError and others
        reader.problems.append(problem(reader.last, (), f"not valid YAML: {printable(str(error), 200)}"))
    else:
        return
    raise SpecError(reader.problems)


@dataclass
class _Open:
    """A collection that is being read."""

    value: dict[str, Located] | list[Located]
    place: Place
    key: Place | None
    dropped: bool
    broken: bool
    pending: _Key | None = None


@dataclass(frozen=True)
class _Key:
    """A key that waits for its value; without text if the key was wrong and the value is to be dropped."""

    text: str | None
    place: Place


class _Reader:
    """Builds located values from parser events, in one pass and without recursion."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.root: Located | None = None
        self.stopped = False
        self.last = Place(source, 1, 1)
        self._open: list[_Open] = []
        self._nodes = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        """Take in one event."""
        self.last = Place(self.source, event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, NodeEvent):
            self._take_node(event)
        elif isinstance(event, CollectionEndEvent):
            done = self._open.pop()
            self._put(Located(done.value, done.place, done.key, done.broken), done.dropped)
        elif isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._stop("a file holds one document")

    def _take_node(self, event: Any) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._stop(f"more than {MAX_NODES} values")
        elif len(self._open) >= MAX_DEPTH and isinstance(event, CollectionStartEvent):
            self._stop(f"nested deeper than {MAX_DEPTH} levels")
        elif self._expects_key():
            self._take_key(event)
        else:
            self._take_value(event)

    def _expects_key(self) -> bool:
        top = self._open[-1] if self._open else None
        return top is not None and isinstance(top.value, dict) and top.pending is None

    def _take_key(self, event: Any) -> None:
        mapping = self._open[-1]
        text = self._key(event)
        if isinstance(mapping.value, dict) and text in mapping.value:
            first = mapping.value[text].key or mapping.place
            self._report("the key is written twice", hint=f"it stands first in line {first.line}", key=text)
            text = None
        mapping.pending = _Key(text, self.last)
        if isinstance(event, CollectionStartEvent):
            self._open.append(self._opened(event, dropped=True, broken=False))

    def _key(self, event: Any) -> str | None:
        """Give the text of a key, or None after reporting what is wrong with it."""
        if not isinstance(event, ScalarEvent):
            return self._report("a key must be a single text")
        if self._decorated(event):
            return None
        try:
            value = resolve_plain(event.value) if event.implicit[0] else ensure_text(event.value)
        except ValueError as error:
            return self._report(str(error))
        if value == "<<" and event.implicit[0]:
            return self._report("merge keys (<<) are not allowed", hint=_REUSE)
        if not isinstance(value, str):
            return self._report(
                f"a key must be text; {printable(event.value, 40)!r} is not", hint="put it in quotes"
            )
        return value

    def _take_value(self, event: Any) -> None:
        decorated = self._decorated(event)
        if isinstance(event, CollectionStartEvent):
            self._open.append(self._opened(event, dropped=False, broken=decorated))
            return
        value, broken = None, decorated
        if isinstance(event, ScalarEvent):
            try:
                value = resolve_plain(event.value) if event.implicit[0] else ensure_text(event.value)
            except ValueError as error:
                broken = True
                self._report(str(error))
        self._put(Located(value, self.last, self._key_place(), broken), dropped=False)

    def _opened(self, event: Any, dropped: bool, broken: bool) -> _Open:
        value: dict[str, Located] | list[Located] = {} if isinstance(event, MappingStartEvent) else []
        return _Open(value, self.last, self._key_place(), dropped, broken)

    def _key_place(self) -> Place | None:
        pending = self._open[-1].pending if self._open else None
        return pending.place if pending else None

    def _put(self, value: Located, dropped: bool) -> None:
        """Put a finished value where it belongs; one that stands as a key, or whose key is wrong, nowhere."""
        if not self._open:
            self.root = value
            return
        top = self._open[-1]
        if dropped:
            return
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.pending:
            if top.pending.text is not None:
                top.value[top.pending.text] = value
            top.pending = None

    def _decorated(self, event: Any) -> bool:
        """Report what specs have no use for and attackers might."""
        if isinstance(event, AliasEvent):
            self._report("aliases (*) are not allowed", hint=_REUSE)
        elif event.anchor is not None:
            self._report("anchors (&) are not allowed", hint=_REUSE)
        elif event.tag is not None:
            self._report("tags (!) are not allowed")
        else:
            return False
        return True

    def _stop(self, message: str) -> None:
        self._report(message)
        self.stopped = True

    def _report(self, message: str, hint: str | None = None, key: str | None = None) -> None:
        self.problems.append(problem(self.last, self._keys(key), message, hint=hint))

    def _keys(self, key: str | None) -> Keys:
        """Give the way to the value that is being read."""
        keys: list[str | int] = []
        for collection in self._open:
            if isinstance(collection.value, list):
                keys.append(len(collection.value))
            elif collection.pending and collection.pending.text is not None:
                keys.append(collection.pending.text)
        return (*keys, key) if key is not None else tuple(keys)
