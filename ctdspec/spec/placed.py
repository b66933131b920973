"""Errors of validators that know which key is at fault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ctdspec.spec.located import Key, Keys


class PlacedError(ValueError):
    """What a validator of a node raises if the fault lies with a key below the node.

    Attributes
    ----------
    keys
        The way from the node to the key.
    """

    def __init__(self, message: str, keys: Keys) -> None:
        super().__init__(message)
        self.keys = keys


@contextmanager
def at(*keys: Key) -> Iterator[None]:
    """Say of a ValueError that is raised inside that it lies with a key below the node."""
    try:
        yield
    except ValueError as error:
        below = error.keys if isinstance(error, PlacedError) else ()
        raise PlacedError(str(error), (*keys, *below)) from error
