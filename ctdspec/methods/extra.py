"""Libraries that the base installation leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from ctdspec.errors import MethodError


def ensure_installed(modules: Iterable[str], extra: str) -> None:
    """Refuse to go on without the modules that an extra of the package installs.

    Raises
    ------
    MethodError
        With what is missing and how to install it.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise MethodError(
            f"it needs {' and '.join(missing)}, which the base installation leaves out; in a checkout:"
            f" uv sync --extra {extra}, elsewhere: pip install 'ctdspec[{extra}]'"
        )
