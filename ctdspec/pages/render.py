"""From a template to a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ctdspec.pages.score_table import score_text


def render(template: str, content: Mapping[str, Any]) -> str:
    """Fill in a template of this package. What the content does not have is an error of the program."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("ctdspec.pages", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = score_text
    return environment.get_template(template).render(content)
