"""Declarative benchmarks for models of neural dynamics, with the truth known."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctdspec.benchmark import load
    from ctdspec.engine.export import export
    from ctdspec.engine.leaderboard import leaderboard
    from ctdspec.engine.report import report
    from ctdspec.engine.run import build, fit, run
    from ctdspec.engine.score import score
    from ctdspec.engine.train import train
    from ctdspec.engine.validate import validate
    from ctdspec.engine.verify import verify
    from ctdspec.store.recording import open_recording as open

__all__ = [
    "__version__",  # pyright: ignore[reportUnsupportedDunderAll]  it too is looked up when asked for
    "build",
    "export",
    "fit",
    "leaderboard",
    "load",
    "open",
    "report",
    "run",
    "score",
    "train",
    "validate",
    "verify",
]

# What `ctdspec` offers, and where it is. Modules are imported when first asked for.
_PUBLIC = {
    "build": "ctdspec.engine.run:build",
    "export": "ctdspec.engine.export:export",
    "fit": "ctdspec.engine.run:fit",
    "leaderboard": "ctdspec.engine.leaderboard:leaderboard",
    "load": "ctdspec.benchmark:load",
    "open": "ctdspec.store.recording:open_recording",
    "report": "ctdspec.engine.report:report",
    "run": "ctdspec.engine.run:run",
    "score": "ctdspec.engine.score:score",
    "train": "ctdspec.engine.train:train",
    "validate": "ctdspec.engine.validate:validate",
    "verify": "ctdspec.engine.verify:verify",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("ctdspec")
    if name in _PUBLIC:
        module, attribute = _PUBLIC[name].split(":")
        return getattr(importlib.import_module(module), attribute)
    raise AttributeError(f"module 'ctdspec' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
