"""What a spec may say at one place: the type of a value and its bounds, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic.fields import FieldInfo

from ctdspec.spec.component import Component, OneOf, kinds
from ctdspec.spec.help_texts import help_texts
from ctdspec.spec.located import Key, Keys
from ctdspec.spec.node import Node

_WORDS: dict[Any, str] = {
    int: "an integer",
    float: "a number",
    str: "a text",
    bool: "true or false",
    Any: "any value",
}


@dataclass(frozen=True)
class Slot:
    """The type that is declared for a place, without its wrapping."""

    annotation: Any
    """The type; a tuple of types if there are several to choose from."""
    constraints: tuple[Any, ...] = ()
    nullable: bool = False
    required: bool = True
    """Whether the key may not be left out."""

    @staticmethod
    def of(annotation: Any, constraints: Iterable[Any] = ()) -> Slot:
        """Unwrap an annotation: take off ``Annotated`` and the choice of leaving a value empty."""
        found = list(_flat(constraints))
        if get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            return Slot.of(annotation, [*found, *more])
        if get_origin(annotation) in (Union, UnionType):
            members = [member for member in get_args(annotation) if member is not NoneType]
            nullable = len(members) < len(get_args(annotation))
            if len(members) > 1:
                return Slot(tuple(members), tuple(found), nullable)
            inner = Slot.of(members[0], found)
            return Slot(inner.annotation, inner.constraints, nullable)
        return Slot(annotation, tuple(found))

    @property
    def family(self) -> str | None:
        """The family of components that fit here; None for anything else."""
        return next((item.family for item in self.constraints if isinstance(item, OneOf)), None)

    @property
    def fields(self) -> Mapping[str, Slot]:
        """The keys of the mapping that fits here; empty for anything that is not a single kind of node."""
        if self.family or not (isinstance(self.annotation, type) and issubclass(self.annotation, Node)):
            return {}
        return fields(self.annotation)

    def follow(self, loc: Iterable[Key]) -> tuple[Keys, Slot]:
        """Follow the location that Pydantic gives to an error.

        Returns
        -------
        keys, slot
            The way to the value in the document, without the names of kinds and types that Pydantic adds
            to it, and what may stand there.
        """
        keys: list[Key] = []
        slot = self
        for step in loc:
            if slot.family:
                slot = Slot(kinds(slot.family).get(str(step), Any))
            elif isinstance(slot.annotation, tuple):
                return tuple(keys), slot
            else:
                keys.append(step)
                slot = slot._inner(step)
        return tuple(keys), slot

    def _inner(self, step: Key) -> Slot:
        if self.fields:
            return self.fields.get(str(step), Slot(Any))
        arguments = get_args(self.annotation)
        return (
            Slot.of(arguments[-1 if get_origin(self.annotation) is dict else 0]) if arguments else Slot(Any)
        )

    def __str__(self) -> str:
        words = self._words()
        return f"{words} or nothing" if self.nullable else words

    def _words(self) -> str:
        arguments = get_args(self.annotation)
        if self.family:
            return f"a mapping with kind: {', '.join(kinds(self.family))}"
        if isinstance(self.annotation, tuple):
            return " or ".join(str(Slot.of(member, self.constraints)) for member in self.annotation)
        if get_origin(self.annotation) is Literal:
            return ", ".join(str(value) for value in arguments)
        if self.fields:
            return f"a mapping with {', '.join(self.fields)}"
        if get_origin(self.annotation) in (list, tuple):
            return f"a list{self._bounds('items')}, each {Slot.of(arguments[0])}"
        if get_origin(self.annotation) is dict:
            return f"a mapping, each value {Slot.of(arguments[1])}"
        return _WORDS.get(self.annotation, "a value") + self._bounds("characters")

    def _bounds(self, unit: str) -> str:
        limits = [text for item in self.constraints for text in _limit(item)]
        least = max((item.min_length for item in self.constraints if isinstance(item, MinLen)), default=0)
        most = min((item.max_length for item in self.constraints if isinstance(item, MaxLen)), default=None)
        if most is not None:
            limits.insert(0, f"of {f'{least} to' if least else 'at most'} {most} {unit}")
        elif least:
            limits.insert(0, f"of at least {least} {unit if least > 1 else unit.removesuffix('s')}")
        return f" {' and '.join(limits)}" if limits else ""


@cache
def fields(node: type[Node]) -> Mapping[str, Slot]:
    """Give the keys of a node and what may stand there."""
    return {
        name: replace(Slot.of(info.annotation, info.metadata), required=info.is_required())
        for name, info in node.model_fields.items()
    }


def leaves(node: type[Node], above: str = "") -> Iterator[tuple[str, Slot, str]]:
    """Give the keys of a node and of the mappings in it: the dotted way, what may stand there, the help."""
    help_of = help_texts(node)
    for name, slot in fields(node).items():
        if slot.fields:
            yield from leaves(slot.annotation, f"{above}{name}.")
        else:
            yield above + name, slot, help_of.get(name, "")


def summary(node: type[Node] | type[Component]) -> str:
    """Give the first sentence of a node's documentation."""
    return " ".join((node.__doc__ or "").split("\n\n")[0].split())


def _flat(constraints: Iterable[Any]) -> Iterator[Any]:
    for item in constraints:
        if isinstance(item, FieldInfo):
            yield from item.metadata
        else:
            yield item


def _limit(item: Any) -> Iterator[str]:
    match item:
        case Ge():
            yield f">= {item.ge}"
        case Gt():
            yield f"> {item.gt}"
        case Le():
            yield f"<= {item.le}"
        case Lt():
            yield f"< {item.lt}"
        case _:
            if pattern := getattr(item, "pattern", None):  # Pydantic's own holder of patterns is private
                yield f"matching {pattern}"
