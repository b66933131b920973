"""What came of a claim, with what speaks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite, nan
from typing import Any

from ctdspec.claims.claim import Claim
from ctdspec.claims.verdict import Verdict


@dataclass(frozen=True)
class Found:
    """One number that a claim was judged by.

    Attributes
    ----------
    what, allowed : str
        What the number is, and which values the claim allows.
    value, low, high : float
        The number and its 95 % interval over test trials; with several seeds, of their mean.
    seeds_low, seeds_high : float
        95 % interval of the mean over seeds; NaN for a single seed.
    n_seeds : int
    verdict : Verdict
        What this number alone says.
    """

    what: str
    allowed: str
    value: float
    low: float
    high: float
    verdict: Verdict
    seeds_low: float = nan
    seeds_high: float = nan
    n_seeds: int = 1

    def __str__(self) -> str:
        """Say it in words, without a full stop."""
        interval = f" [{self.low:.3g}, {self.high:.3g}]" if self.low < self.high else ""
        seeds = (
            f" (over {self.n_seeds} seeds [{self.seeds_low:.3g}, {self.seeds_high:.3g}])"
            if isfinite(self.seeds_low)
            else ""
        )
        return f"{self.what} is {self.value:.3g}{interval}{seeds}, claimed {self.allowed}"


@dataclass(frozen=True)
class Judgement:
    """What came of a claim in one place.

    Attributes
    ----------
    claim : mapping
        As the spec has it.
    says : str
        The claim as a sentence.
    where : str
        The points of a sweep that it was judged in; empty for a dataset of its own.
    verdict : Verdict
    why : str
        What the verdict rests on, in words.
    found : tuple of Found
        The same in numbers.
    """

    claim: Mapping[str, Any]
    says: str
    where: str
    verdict: Verdict
    why: str
    found: tuple[Found, ...] = field(default=())

    @classmethod
    def of(
        cls, claim: Claim, verdict: Verdict, why: str, found: tuple[Found, ...] = (), where: str = ""
    ) -> Judgement:
        """Give the judgement of a claim."""
        return cls(claim.model_dump(exclude_none=True), str(claim), where, verdict, why, found)

    def as_dict(self) -> dict[str, Any]:
        """Give the judgement as data for JSON; numbers that are not defined are None."""
        return asdict(self) | {"found": [_without_nan(asdict(found)) for found in self.found]}


def _without_nan(found: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and not isfinite(value) else value
        for name, value in found.items()
    }
