"""From a spec file to the node it declares, and back to text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from ruamel.yaml import YAML

from ctdspec.spec.explain import explain
from ctdspec.spec.load import load
from ctdspec.spec.located import Located
from ctdspec.spec.migrate import migrate
from ctdspec.spec.node import Node
from ctdspec.spec.problem import SpecError, problem
from ctdspec.spec.resolve import Library, resolve

N = TypeVar("N", bound=Node)


def read_node(path: Path, model: type[N], roots: Sequence[Path]) -> N:
    """Read a spec file, with all that it uses from the folder trees `roots`.

    Raises
    ------
    UsageError
        If the file cannot be read.
    SpecError
        With everything that is wrong with the document.
    """
    document, problems = load(path)
    document, more = resolve(document, Library(roots))
    node, found = validate(document, model)
    problems = [*problems, *more, *found]
    if problems or node is None:
        raise SpecError(problems)
    return node


def validate(document: Located, model: type[N]) -> tuple[N | None, list]:
    """Give the node that a document declares, or None and what is wrong with it."""
    data = document.plain()
    if isinstance(data, dict):
        try:
            data = migrate(data)
        except ValueError as error:
            keys = ("ctdspec",)
            return None, [problem(document.along(keys)[-1].place, keys, str(error))]
        document = document.relocated(data)
    try:
        # Strict validation of JSON takes a list where Python data would have to hold a tuple.
        return model.model_validate_json(json.dumps(data)), []
    except ValidationError as error:
        return None, explain(error, document, model)


def write_node(node: Node, leave_out: frozenset[str] = frozenset()) -> str:
    """Give a node as YAML that reads back as an equal node, but for the fields that are left out."""
    text = StringIO()
    yaml = YAML(typ="rt", pure=True)
    yaml.allow_unicode = True
    yaml.width = 110
    yaml.dump(node.model_dump(mode="json", exclude=set(leave_out), exclude_none=True), text)
    return text.getvalue()
