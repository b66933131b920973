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
    names = {name for name, child in node if child is not None} - leave_out
    parts = {name: text for name in names if (text := _of_nodes(getattr(node, name))) is not None}
    texts = parts | {name: _json(value) for name, value in _plain(node, names - parts.keys()).items()}
    return "{" + ",".join(f'"{name}":{texts[name]}' for name in sorted(texts)) + "}"


def _of_nodes(child: object) -> str | None:
    """Give the text of a node, or of a list of nodes; None for anything else."""
    if isinstance(child, Node):
        return _text(child)
    if isinstance(child, list) and child and all(isinstance(item, Node) for item in child):
        return "[" + ",".join(map(_text, child)) + "]"
    return None


@kept
def _text(node: Node) -> str:
    return _json(_plain(node, None))


def _plain(node: Node, names: set[str] | None) -> dict[str, Any]:
    """Give some fields of a node, or all, as JSON has them."""
    return _canonical(node.model_dump(mode="json", exclude_none=True, include=names))


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
