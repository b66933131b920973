"""Where the shipped specs, datasets and validators are: in the wheel, or in the checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_BUNDLED = _PACKAGE / "_bundled"


def shipped(folder: str) -> Path:
    """Give the path of a shipped folder: ``specs``, ``datasets`` or ``validators``."""
    root = _BUNDLED if _BUNDLED.is_dir() else _PACKAGE.parent
    return root / folder
