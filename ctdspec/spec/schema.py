"""The JSON Schema of the spec language, for editors and other programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ctdspec.errors import UsageError
from ctdspec.spec.node import Node
from ctdspec.spec.resolve import NAME_PATTERN, USE

DIALECT = "https://json-schema.org/draft/2020-12/schema"
RELEASE = "1.0"
"""Version under which the schema is frozen next."""

Schema = dict[str, Any]
_DEFS = "#/$defs/"
_PARTIAL = "_overrides"
_USE: Schema = {
    "type": "string",
    "pattern": f"^{NAME_PATTERN}$",
    "description": "Name of a spec file to pull in; the keys beside it override what it says.",
}


def schema_text(model: type[Node]) -> str:
    """Give the JSON Schema (2020-12) of a document; the same text whenever the language is the same.

    Wherever a mapping is declared, the schema also takes ``use:`` with any of the mapping's keys beside it:
    then nothing is required, because the file that is used may say it.
    """
    return json.dumps(_schema(model), indent=1, ensure_ascii=False) + "\n"


def write_schema(model: type[Node], folder: Path, freeze: bool = False) -> list[Path]:
    """Write the current schema into a folder and, to `freeze` it, as that of the release; give the paths.

    Raises
    ------
    UsageError
        If the release has been frozen with another text.
    """
    name, text = f"{model.__name__.lower()}.json", schema_text(model)
    paths = [folder / name, *([folder / RELEASE / name] if freeze else [])]
    if freeze and paths[1].exists() and paths[1].read_text(encoding="utf-8") != text:
        raise UsageError(f"{paths[1]} is released and never changes; raise RELEASE in {Path(__file__).name}")
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return paths


def _schema(model: type[Node]) -> Schema:
    raw = model.model_json_schema()
    nodes: dict[str, Schema] = {**raw.pop("$defs", {}), model.__name__: raw}
    families: dict[str, dict[str, str]] = {}

    def declared(schema: Schema) -> Schema:
        return _place(schema, _complete, families)

    def overriding(schema: Schema) -> Schema:
        return _place(schema, _loose, families)

    definitions = {
        name: node | {"properties": {key: declared(child) for key, child in node["properties"].items()}}
        for name, node in nodes.items()
    }  # fmt: skip
    for name, node in nodes.items():
        properties = {key: overriding(child) for key, child in node["properties"].items()}
        definitions[name + _PARTIAL] = _overrides(node.get("description", ""), properties)
    for name, choices in families.items():
        definitions[name] = _family_overrides(choices, definitions)
    root = declared({"$ref": _DEFS + model.__name__})
    head = {"$schema": DIALECT, "title": f"ctdspec {model.__name__.lower()}"}
    return {**head, **root, "$defs": _tidy(dict(sorted(definitions.items())))}


def _complete(full: Schema, partial: Schema) -> Schema:
    """Say what stands in a place that must be complete, unless it uses a file."""
    return {"if": {"required": [USE]}, "then": partial, "else": full}


def _loose(full: Schema, partial: Schema) -> Schema:
    """Say what stands in a place below `use:`, where nothing is required."""
    return partial


def _place(
    schema: Schema, choose: Callable[[Schema, Schema], Schema], families: dict[str, dict[str, str]]
) -> Schema:
    """Let every node that a schema mentions be written in place or, as `choose` says, with `use:`."""
    if "discriminator" in schema:
        mapping: dict[str, str] = schema["discriminator"]["mapping"]
        name = schema["discriminator"]["family"] + _PARTIAL
        families[name] = mapping
        full = {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": [*mapping]}}}
        cases = [
            {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": {"$ref": target}}
            for kind, target in mapping.items()
        ]
        return _described(schema) | choose(full | {"allOf": cases}, {"$ref": _DEFS + name})
    if "$ref" in schema:
        return _described(schema) | choose({"$ref": schema["$ref"]}, {"$ref": schema["$ref"] + _PARTIAL})
    changed = dict(schema)
    # A list replaces the list it overrides, so that its items are always complete.
    for key, chosen in (("items", _complete), ("additionalProperties", choose)):
        if isinstance(schema.get(key), dict):
            changed[key] = _place(schema[key], chosen, families)
    for key, chosen in (("anyOf", choose), ("oneOf", choose), ("prefixItems", _complete)):
        if key in schema:
            changed[key] = [_place(member, chosen, families) for member in schema[key]]
    return changed


def _family_overrides(mapping: dict[str, str], definitions: dict[str, Schema]) -> Schema:
    """Offer the keys of every kind of a family."""
    offered: dict[str, list[Schema]] = {}
    for target in mapping.values():
        partial = definitions[target.removeprefix(_DEFS) + _PARTIAL]
        for key, child in partial["properties"].items():
            if key not in (USE, "kind") and child not in offered.setdefault(key, []):
                offered[key].append(child)
    properties = {key: some[0] if len(some) == 1 else {"anyOf": some} for key, some in offered.items()}
    return _overrides("", {"kind": {"enum": [*mapping]}, **properties})


def _overrides(description: str, properties: Schema) -> Schema:
    text = {"description": description} if description else {}
    return {**text, "type": "object", "additionalProperties": False, "properties": {USE: _USE, **properties}}


def _described(schema: Schema) -> Schema:
    return {key: schema[key] for key in ("description",) if key in schema}


def _tidy(schema: Any) -> Any:
    """Leave out the titles that Pydantic makes from names: editors show them in the place of descriptions."""
    if isinstance(schema, list):
        return [_tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _tidy(child) for name, child in value.items()} if key == "properties" else _tidy(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }  # fmt: skip
