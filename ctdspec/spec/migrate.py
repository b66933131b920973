"""Bringing specs in older versions of the language up to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Data = dict[str, Any]
Step = Callable[[Data], Data]

CURRENT = 1
LADDER: Mapping[int, Step] = {}
"""For every older version the step that leads to the next one: from plain data to plain data."""


def migrate(data: Data, ladder: Mapping[int, Step] = LADDER, current: int = CURRENT) -> Data:
    """Give a document in the current version of the language.

    A document whose ``ctdspec:`` is missing or no version at all is given back as it is: validation says what
    is wrong with it.

    Raises
    ------
    ValueError
        If the version is newer than this program.
    """
    version = data.get("ctdspec")
    if type(version) is not int or version < 1:
        return data
    if version > current:
        raise ValueError(
            f"this spec is written in version {version} of the language; "
            f"this ctdspec knows versions up to {current}: install a newer one"
        )
    while version < current:
        data = {**ladder[version](data), "ctdspec": version + 1}
        version += 1
    return data
