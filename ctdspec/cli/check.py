"""The result of checking one spec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ctdspec.benchmark import load
from ctdspec.errors import CtdspecError
from ctdspec.spec.problem import SpecError


@dataclass(frozen=True)
class Checked:
    """Whether a spec is fine, and if not, why."""

    spec: str
    error: CtdspecError | None

    @property
    def ok(self) -> bool:
        """True if nothing is wrong."""
        return self.error is None

    def __str__(self) -> str:
        if self.error is None:
            return f"{self.spec}: fine"
        if isinstance(self.error, SpecError):
            count = len(self.error.problems)
            return f"{self.spec}: {count} problem{'s' if count > 1 else ''}\n{self.error}"
        return f"{self.spec}: {self.error}"

    def as_dict(self) -> dict[str, Any]:
        """Give the result as data for machines."""
        if isinstance(self.error, SpecError):
            return {"spec": self.spec, "ok": False, **self.error.as_dict()}
        return {"spec": self.spec, "ok": self.ok, **({"error": str(self.error)} if self.error else {})}


def check(spec: str) -> Checked:
    """Check one spec."""
    try:
        load(spec)
    except CtdspecError as error:
        return Checked(spec, error)
    return Checked(spec, None)
