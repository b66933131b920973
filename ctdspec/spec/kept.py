"""What is computed of a node once, and kept as long as the node lives."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from ctdspec.spec.node import Node

N = TypeVar("N", bound=Node)
T = TypeVar("T")


def kept(make: Callable[[N], T]) -> Callable[[N], T]:
    """Let a function of a node alone be called once for each node.

    Nodes never change, and the points of a sweep share the parts that no path leads into: what costs
    something is then done once for thousands of points.
    """
    made: dict[int, T] = {}

    @wraps(make)
    def once(node: N) -> T:
        if id(node) not in made:
            made[id(node)] = make(node)
            weakref.finalize(node, made.pop, id(node), None).atexit = False
        return made[id(node)]

    return once
