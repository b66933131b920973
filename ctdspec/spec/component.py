"""Components: the parts of a spec that come in kinds, and the registry that finds every kind."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any, ClassVar, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from ctdspec.spec.node import Node

ENTRY_POINTS = "ctdspec.components"


class Component(Node):
    """A part of a spec that comes in kinds. Its fields are what a spec declares, its methods what it does.

    A family is an abstract subclass that sets `family`; a kind is a concrete class that declares
    ``kind: Literal["its_name"]``. A kind is found if its module lies in a package named by an entry point of
    the group ``ctdspec.components``.
    """

    family: ClassVar[str]
    version: ClassVar[int] = 1
    """Of the code: grows when the same fields would give other results, so that these are made again."""
    kind: str


class OneOf:
    """Annotation of a field that takes any kind of a family: ``task: Annotated[Task, OneOf("task")]``."""

    def __init__(self, family: str) -> None:
        self.family = family

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {kind: handler.generate_schema(cls) for kind, cls in kinds(self.family).items()}
        return core_schema.tagged_union_schema(
            choices, discriminator="kind", metadata={"family": self.family}
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Name the family beside the choices."""
        made = handler(schema)
        made["discriminator"]["family"] = self.family
        return made


def families() -> list[str]:
    """Give the names of all families that have a kind."""
    return sorted({cls.family for cls in _components()})


def kinds(family: str) -> dict[str, type[Component]]:
    """Give every known kind of a family, by name.

    Raises
    ------
    TypeError
        If two classes claim the same kind: an error of the program or of a plugin.
    """
    found: dict[str, type[Component]] = {}
    for cls in _components():
        if cls.family == family:
            kind = get_args(cls.model_fields["kind"].annotation)[0]
            if found.setdefault(kind, cls) is not cls:
                raise TypeError(f"{family} kind {kind!r} is claimed by {found[kind]} and by {cls}")
    return dict(sorted(found.items()))


@cache
def _components() -> tuple[type[Component], ...]:
    modules = {
        module.__name__: module
        for entry_point in entry_points(group=ENTRY_POINTS)
        for module in _modules(importlib.import_module(entry_point.value))
    }
    return tuple(
        cls
        for module in modules.values()
        for _, cls in sorted(vars(module).items())
        if isinstance(cls, type) and issubclass(cls, Component) and cls.__module__ == module.__name__
        and not inspect.isabstract(cls) and get_args(cls.model_fields["kind"].annotation)
    )  # fmt: skip


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    """Give a module and, if it is a package, the public modules directly in it."""
    yield package
    for info in pkgutil.iter_modules(getattr(package, "__path__", [])):
        if not info.name.startswith("_") and not info.ispkg:
            yield importlib.import_module(f"{package.__name__}.{info.name}")
