"""Pulling in files: ``use: tasks/flip_flop`` and the keys beside it that override what the file says."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from ctdspec.errors import UsageError
from ctdspec.spec.load import load, shown
from ctdspec.spec.located import Keys, Located
from ctdspec.spec.parse import MAX_DEPTH, MAX_NODES
from ctdspec.spec.problem import Problem, SpecError, did_you_mean, problem, quoted

_ALLOWED = "the name, without .yaml, of a file below the spec's folder or of a shipped one: tasks/flip_flop"

MAX_CHAIN = 8
MAX_FILES = 100
USE = "use"

NAME_PATTERN = r"[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,7}"
"""What `use:` may name: a way down a folder tree, without dots, so that it can never climb."""

_SUFFIX = ".yaml"


class Library:
    """The folder trees that `use:` may read from, in the order in which they are searched.

    Nothing outside them is read: names cannot climb, and links that lead out are refused.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self.roots = tuple(dict.fromkeys(root.resolve() for root in roots))

    def find(self, name: str) -> Path | None:
        """Give the file of a name, with links followed; None if there is none.

        Raises
        ------
        UsageError
            If the name leads out of the tree.
        """
        for root in self.roots:
            path = root / f"{name}{_SUFFIX}"
            if os.path.lexists(path):
                if not _is_within(path, root):
                    raise UsageError(f"{name} is a link that leads out of {shown(root)}")
                return path.resolve()
        return None

    def near(self, name: str) -> list[str]:
        """Give the names that lie in the same folder as a name, and all that are shipped."""
        folder = name.rpartition("/")[0]
        found = [
            path.relative_to(root).with_suffix("").as_posix()
            for root in self.roots
            if _is_within(root / folder, root)
            for path in islice((root / folder).glob(f"*{_SUFFIX}"), 1000)
        ]
        shipped = (path.relative_to(self.roots[-1]) for path in self.roots[-1].glob(f"*/*{_SUFFIX}"))
        return sorted({*found, *(path.with_suffix("").as_posix() for path in islice(shipped, 1000))})


def resolve(document: Located, library: Library) -> tuple[Located, list[Problem]]:
    """Replace every ``use:`` in a document by what it names.

    Returns
    -------
    document, problems
        Mappings merge key by key; lists and scalars, and mappings of another `kind`, replace what they
        override. Every value keeps the place where it was written. A `use:` that fails leaves a broken value.
    """
    resolver = _Resolver(library)
    return resolver.resolve(document, (), ()), resolver.problems


class _Resolver:
    def __init__(self, library: Library) -> None:
        self.problems: list[Problem] = []
        self._library = library
        self._files: dict[Path, Located | None] = {}
        self._nodes = 0

    def resolve(self, node: Located, keys: Keys, chain: tuple[str, ...]) -> Located:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise SpecError(
                [
                    *self.problems,
                    problem(node.anchor, keys, f"with what it uses, more than {MAX_NODES} values"),
                ]
            )
        if len(keys) > MAX_DEPTH:
            raise SpecError(
                [*self.problems, problem(node.anchor, keys, f"nested deeper than {MAX_DEPTH} levels")]
            )
        match node.value:
            case dict() as mapping if USE in mapping:
                return self._use(node, mapping, keys, chain)
            case dict() as mapping:
                return _with(
                    node, {key: self.resolve(child, (*keys, key), chain) for key, child in mapping.items()}
                )
            case list() as items:
                return _with(node, [self.resolve(child, (*keys, i), chain) for i, child in enumerate(items)])
        return node

    def _use(self, node: Located, mapping: dict[str, Located], keys: Keys, chain: tuple[str, ...]) -> Located:
        own = {key: self.resolve(child, (*keys, key), chain) for key, child in mapping.items() if key != USE}
        target = mapping[USE]
        name = self._name(target, (*keys, USE), chain)
        base = self._file(name, target, (*keys, USE)) if name else None
        if base is None or name is None:
            return _with(node, own, broken=True)
        base = self.resolve(base, keys, (*chain, name))
        if own and not isinstance(base.value, dict):
            self._report(
                target, (*keys, USE), f"{name} is not a mapping, so there is nothing to override in it"
            )
            return _with(node, own, broken=True)
        merged = merge(base, _with(node, own)) if own else base
        # What is said about the mapping as a whole concerns the place that uses the file.
        return Located(merged.value, node.place, node.key, merged.broken)

    def _name(self, target: Located, keys: Keys, chain: tuple[str, ...]) -> str | None:
        name = target.value
        if target.broken:
            return None
        if not isinstance(name, str) or not re.fullmatch(NAME_PATTERN, name):
            allowed = _ALLOWED
            return self._report(target, keys, "not a name that can be used", quoted(name), allowed)
        if name in chain:
            return self._report(
                target, keys, f"files use each other in a circle: {' > '.join((*chain, name))}"
            )
        if len(chain) >= MAX_CHAIN:
            return self._report(
                target, keys, f"more than {MAX_CHAIN} files in a chain: {' > '.join((*chain, name))}"
            )
        return name

    def _file(self, name: str, target: Located, keys: Keys) -> Located | None:
        try:
            path = self._library.find(name)
            if path is None:
                choices = self._library.near(name)
                folder = name.rpartition("/")[0]
                beside = [choice for choice in choices if choice.rpartition("/")[0] == folder] or choices
                hint = did_you_mean(name, choices)
                self._report(target, keys, f"there is no {name}{_SUFFIX}", None, ", ".join(beside[:40]), hint)
                return None
            return self._load(path)
        except UsageError as error:
            return self._report(target, keys, str(error))
        except SpecError as error:
            self.problems += error.problems
            return None

    def _load(self, path: Path) -> Located | None:
        if path not in self._files:
            if len(self._files) >= MAX_FILES:
                raise UsageError(f"more than {MAX_FILES} files are used")
            self._files[path] = None
            document, problems = load(path)
            self.problems += problems
            self._files[path] = document
        return self._files[path]

    def _report(
        self, target: Located, keys: Keys, message: str, found: str | None = None, allowed: str | None = None,
        hint: str | None = None,
    ) -> None:  # fmt: skip
        self.problems.append(problem(target.place, keys, message, found, allowed, hint))


def merge(base: Located, over: Located) -> Located:
    """Lay one value over another; see `resolve`."""
    if (
        not isinstance(base.value, dict)
        or not isinstance(over.value, dict)
        or _kind(over) not in (None, _kind(base))
    ):
        return over
    merged = dict(base.value)
    for key, child in over.value.items():
        merged[key] = merge(merged[key], child) if key in merged else child
    return Located(merged, over.place, over.key, base.broken or over.broken)


def _kind(node: Located) -> object:
    return node.value["kind"].value if isinstance(node.value, dict) and "kind" in node.value else None


def _with(node: Located, value: dict[str, Located] | list[Located], broken: bool = False) -> Located:
    return Located(value, node.place, node.key, broken or node.broken)


def _is_within(path: Path, root: Path) -> bool:
    """Say whether a path, its links followed, lies below a folder."""
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # a circle of links
        return False
