"""What a look at a dataset found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One thing to say: how bad it is, where it is, and what it is."""

    level: Literal["info", "warning", "error"]
    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.level}: {self.place}: {self.text}"
