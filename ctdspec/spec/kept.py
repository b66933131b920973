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
    made: dict[int, tuple[weakref.ref[N], T]] = {}

    @wraps(make)
    def once(node: N) -> T:
        address = id(node)
        if address not in made:
            made[address] = weakref.ref(node, lambda _: made.pop(address)), make(node)
        return made[address][1]

    return once
