"""What is kept of a node is its own, and goes with it."""

from __future__ import annotations

import gc

from ctdspec.spec.digest import canonical
from ctdspec.spec.kept import kept
from ctdspec.spec.node import Node


class Part(Node):
    value: int


class Whole(Node):
    parts: list[Part]


def test_it_is_made_once_for_each_node():
    made = []

    @kept
    def double(node: Part) -> int:
        made.append(node.value)
        return 2 * node.value

    one, other, equal = Part(value=1), Part(value=2), Part(value=1)
    assert [double(node) for node in (one, other, one, equal)] == [2, 4, 2, 2]
    assert made == [1, 2, 1]


def test_a_node_that_takes_the_place_of_another_has_its_own():
    @kept
    def value(node: Part) -> int:
        return node.value

    for number in range(1000):  # each is likely to get the address of the one before
        assert value(Part(value=number)) == number
    gc.collect()


def test_a_copy_says_what_it_says_itself():
    whole = Whole(parts=[Part(value=1)])
    assert canonical(whole) == '{"parts":[{"value":1}]}'
    assert canonical(whole.model_copy(update={"parts": [Part(value=2)]})) == '{"parts":[{"value":2}]}'
