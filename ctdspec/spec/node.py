"""The one strict base of everything a spec can say."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from ctdspec.spec.help_texts import help_texts

NAME = re.compile(r"[a-z0-9][a-z0-9_]*")

Name = Annotated[str, Field(pattern=rf"^{NAME.pattern}$", max_length=64)]
"""A label that is safe in file names: small letters, digits and underscores."""


class Node(BaseModel):
    """A part of a spec: immutable, no unknown keys, no NaN, and the docstring of a field is its help text.

    The schema is built when first used, so that a node can name kinds that other packages bring.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        defer_build=True,
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe each field by its help text."""
        made = handler(schema)
        properties = handler.resolve_ref_schema(made)["properties"]
        for name, text in help_texts(cls).items():
            properties[name].setdefault("description", text)
        return made
