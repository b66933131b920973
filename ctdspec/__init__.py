"""Declarative benchmarks for models of neural dynamics, with the truth known."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctdspec.benchmark import load

__all__ = ["__version__", "load"]

# What `ctdspec` offers, and the module that it is in. Modules are imported when first asked for.
_PUBLIC = {
    "load": "ctdspec.benchmark",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("ctdspec")
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'ctdspec' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
