"""The claims as they are on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ctdspec.claims.verdict import Verdict
from ctdspec.errors import DatasetError


@dataclass(frozen=True)
class Evidence:
    """A number that a claim was judged by, and its 95 % intervals over test trials and over seeds."""

    what: str
    allowed: str
    value: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    seeds_low: float | None
    seeds_high: float | None
    n_seeds: int


@dataclass(frozen=True)
class ClaimRow:
    """What came of a claim, as claims.json has it.

    Attributes
    ----------
    metric : str
        What the claim is about.
    found : tuple of Evidence
        Nothing for a claim about claims.
    """

    metric: str
    says: str
    where: str
    verdict: Verdict
    why: str
    found: tuple[Evidence, ...] = ()

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
    try:
        return [_claim(row) for row in json.loads(path.read_text("utf-8"))]
    except (ValueError, TypeError, KeyError) as error:
        raise DatasetError(f"{path}: expected a list of claims ({error}); run the benchmark again") from error


def _claim(row: dict[str, Any]) -> ClaimRow:
    found = tuple(
        Evidence(**{name.name: part[name.name] for name in fields(Evidence)}) for part in row["found"]
    )
    said = {name: row[name] for name in ("says", "where", "verdict", "why")}
    return ClaimRow(metric=row["claim"]["metric"], found=found, **said)
