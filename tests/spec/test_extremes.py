"""Numbers that no one means are refused, and never make the program stumble."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from ctdspec.benchmark import Benchmark, load, shipped_names

EXTREMES = (1e308, 5e-324, 0.0, -1e308)


def numbers(document: Any) -> Iterator[tuple[Any, Any]]:
    """Give every place that holds a number: its container and its key."""
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):
        if isinstance(value, dict | list):
            yield from numbers(value)
        elif isinstance(value, float):
            yield document, key


def is_refused(document: Any) -> bool:
    try:
        Benchmark.model_validate_json(json.dumps(document))
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize("name", shipped_names())
def test_extreme_numbers_are_valid_or_refused(name):
    document = load(name).model_dump(mode="json", exclude_none=True)
    document.pop("sweep", None)
    n_refused = 0
    for container, key in list(numbers(document)):
        before = container[key]
        for container[key] in EXTREMES:
            n_refused += is_refused(document)
        container[key] = before
    assert n_refused > 20
