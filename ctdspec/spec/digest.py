"""The digest of what a spec says, however it says it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Set
from typing import Any

from ctdspec.spec.kept import kept
from ctdspec.spec.node import Node


def digest(node: Node, leave_out: Set[str] = frozenset()) -> str:
    """Give the SHA-256, in hexadecimal, of a node's canonical JSON, without some of its fields."""
    return hashlib.sha256(canonical(node, leave_out).encode()).hexdigest()


def canonical(node: Node, leave_out: Set[str] = frozenset()) -> str:
    """Give a node as JSON in one form only.

    Keys are sorted, there is no space, and text is UTF-8. Numbers are written by value: 5.0 as ``5``, -0.0 as
    ``0``, everything else by the shortest digits that read back as the same double. Equal nodes give equal
    text, whatever the order of keys, the comments and the files their specs were written in.
    """
    given = {name: child for name, child in node if child is not None and name not in leave_out}
    texts = {name: text for name, child in given.items() if (text := _text(child)) is not None}
    if rest := given.keys() - texts.keys():
        plain = _canonical(node.model_dump(mode="json", exclude_none=True, include=rest))
        texts |= {name: _json(value) for name, value in plain.items()}
    return "{" + ",".join(f'"{name}":{texts[name]}' for name in sorted(texts)) + "}"


def _text(child: object) -> str | None:
    """Give the text of a node, a list of nodes, a number or a text; None for anything else."""
    if isinstance(child, Node):
        return _of_node(child)
    if isinstance(child, list) and child and all(isinstance(item, Node) for item in child):
        return "[" + ",".join(map(_of_node, child)) + "]"
    return _json(_canonical(child)) if type(child) in (str, int, float, bool) else None


_of_node = kept(canonical)


def _canonical(value: Any) -> Any:
    match value:
        case dict():
            return {key: _canonical(child) for key, child in value.items()}
        case list():
            return [_canonical(child) for child in value]
        case float() if value.is_integer() and abs(value) < 2**53:
            return int(value)
    return value


_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
