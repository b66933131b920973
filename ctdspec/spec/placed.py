"""Errors of validators that know which key is at fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


class PlacedErrors(ValueError):
    """What a validator of a node raises if several keys below the node are at fault."""

    def __init__(self, errors: Sequence[PlacedError]) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = tuple(errors)


class at:
    """Say of a ValueError that is raised inside that it lies with a key below the node."""

    def __init__(self, *keys: Key) -> None:
        self._keys = keys

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        match error:
            case PlacedErrors():
                raise PlacedErrors([_below(self._keys, one) for one in error.errors]) from error
            case ValueError():
                raise _below(self._keys, error) from _first(error)


class Gathering:
    """Collects what is wrong with several keys below a node, to be said all at once."""

    def __init__(self) -> None:
        self._errors: list[PlacedError] = []

    @contextmanager
    def at(self, *keys: Key) -> Iterator[None]:
        """Keep a ValueError that is raised inside, as one that lies with a key below the node."""
        try:
            with at(*keys):
                yield
        except PlacedErrors as several:
            self._errors += several.errors
        except PlacedError as error:
            self._errors.append(error)

    def ensure_none(self) -> None:
        """Raise PlacedErrors if anything was kept."""
        if self._errors:
            raise PlacedErrors(self._errors)


def _below(keys: Keys, error: ValueError) -> PlacedError:
    placed = error if isinstance(error, PlacedError) else None
    found = PlacedError(str(error), (*keys, *(placed.keys if placed else ())))
    found.__cause__ = _first(error)
    return found


def _first(error: ValueError) -> BaseException:
    """Give what was raised before it was placed: it may know more than its text."""
    return error.__cause__ or error if isinstance(error, PlacedError) else error
