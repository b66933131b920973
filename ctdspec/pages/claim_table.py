"""The claims as they are on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path

from ctdspec.claims.verdict import Verdict
from ctdspec.errors import DatasetError


@dataclass(frozen=True)
class ClaimRow:
    """What came of a claim, as claims.json has it."""

    says: str
    where: str
    verdict: Verdict
    why: str

    def __str__(self) -> str:
        where = f" ({self.where})" if self.where else ""
        return f"{self.says}{where}: {self.why}"


def read_claims(path: Path) -> list[ClaimRow]:
    """Read what came of the claims, in their order; none if there is no such file.

    Raises
    ------
    DatasetError
        If the file does not hold claims.
    """
    if not path.exists():
        return []
    names = [field.name for field in fields(ClaimRow)]
    try:
        return [
            ClaimRow(**{name: row[name] for name in names}) for row in json.loads(path.read_text("utf-8"))
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise DatasetError(f"{path}: expected a list of claims ({error}); run the benchmark again") from error
