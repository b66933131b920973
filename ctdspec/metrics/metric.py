"""What there is to say about a metric, and how a group of them is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ctdspec.metrics.bootstrap import Estimate
from ctdspec.metrics.case import Case, Need

INF = float("inf")
ORACLE_CEILING = "the truth itself as an answer"
SHUFFLE_CHANCE = "rates, states and inputs of the truth, each of another trial"


@dataclass(frozen=True)
class Metric:
    """What a metric is called, how its numbers are to be read, and what they are worth.

    Attributes
    ----------
    id : str
        Name in specs and tables.
    version : int
        Grows when the same answer would get another number.
    title : str
        Name in figures.
    needs : set of Need
        What must be there to be scored, in the answer and in the dataset.
    summary : str
        One sentence that says what is measured.
    invariant_to : str
        Changes of an answer that leave the number as it is.
    fooled_by : str
        Answers that are worse than their number.
    direction : "higher" or "lower"
        Which way is better.
    low, high : float
        Range of the values; infinite where there is no bound.
    unit : str
        Unit of the values; ``1`` for a pure number.
    ceiling, chance : str
        What the best and the know-nothing value are taken from.
    """

    id: str
    version: int
    title: str
    needs: frozenset[Need]
    summary: str
    invariant_to: str
    fooled_by: str
    direction: Literal["higher", "lower"] = "higher"
    low: float = -INF
    high: float = 1
    unit: str = "1"
    ceiling: str = ORACLE_CEILING
    chance: str = SHUFFLE_CHANCE


@dataclass(frozen=True)
class Group:
    """Metrics that share their work.

    `compute` gives the estimates, by metric, of those that the case has what they need for, and maybe others.
    `chance` gives, by metric, the know-nothing values that the chance answer is no fair source of.
    """

    metrics: tuple[Metric, ...]
    compute: Callable[[Case], dict[str, Estimate]]
    chance: Callable[[Case], dict[str, Estimate]] | None = None
