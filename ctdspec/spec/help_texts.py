"""The help texts of a node's fields: the docstrings below them in its source.

Pydantic can read them, too, but does so when a class is made. Source is slow to read, and few commands want
help: here it is read when it is asked for.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel


@cache
def help_texts(node: type[BaseModel]) -> Mapping[str, str]:
    """Give the docstrings of the fields of a node and of what it inherits from, by the names of the fields.

    A field without one is left out, as is every field of a class whose source is not there.
    """
    found: dict[str, str] = {}
    for cls in reversed(node.__mro__):
        if "__annotations__" in vars(cls) and cls.__module__ != "pydantic.main":
            found |= _documented(cls)
    return {name: text for name, text in found.items() if name in node.model_fields}


def _documented(cls: type) -> Iterator[tuple[str, str]]:
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    except (OSError, TypeError):
        return
    assert isinstance(body, ast.ClassDef), "the source of a class is a class"
    for field, text in pairwise(body.body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(value=ast.Constant(value=str(docstring))):
                yield name, inspect.cleandoc(docstring)
