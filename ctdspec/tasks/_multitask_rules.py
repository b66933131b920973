"""The fifteen tasks: their names, and what each asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

FamilyName = Literal["delay", "memory", "react", "decision", "match"]
FAMILIES: tuple[FamilyName, ...] = get_args(FamilyName)
"""Tasks of one family have the same phases."""

RuleName = Literal[
    "DelayPro", "DelayAnti", "MemoryPro", "MemoryAnti", "ReactPro", "ReactAnti",
    "IntMod1", "IntMod2", "ContextIntMod1", "ContextIntMod2", "ContextIntMultimodal",
    "Match2Sample", "NonMatch2Sample", "MatchCatPro", "MatchCatAnti",
]  # fmt: skip


@dataclass(frozen=True)
class Reach:
    """Respond to one stimulus: towards it (`towards` 1) or away from it (-1)."""

    family: FamilyName
    towards: int


@dataclass(frozen=True)
class Decide:
    """Respond towards the stronger of two stimuli.

    Attributes
    ----------
    shown, judged : (modality,)
        1 for the modalities in which the stimuli appear, and for those whose strengths are added up.
    """

    shown: tuple[int, int]
    judged: tuple[int, int]
    family: FamilyName = "decision"


@dataclass(frozen=True)
class Match:
    """Respond towards the second of two stimuli if the two are related as asked; else keep fixating.

    Attributes
    ----------
    by
        Compared are directions, or the halves of the circle that they lie in.
    opposite
        Whether opposite directions, or different halves, are asked; else equal ones.
    """

    by: Literal["direction", "category"]
    opposite: bool
    family: FamilyName = "match"


Rule = Reach | Decide | Match

RULES: dict[RuleName, Rule] = {
    "DelayPro": Reach("delay", 1),
    "DelayAnti": Reach("delay", -1),
    "MemoryPro": Reach("memory", 1),
    "MemoryAnti": Reach("memory", -1),
    "ReactPro": Reach("react", 1),
    "ReactAnti": Reach("react", -1),
    "IntMod1": Decide((1, 0), (1, 0)),
    "IntMod2": Decide((0, 1), (0, 1)),
    "ContextIntMod1": Decide((1, 1), (1, 0)),
    "ContextIntMod2": Decide((1, 1), (0, 1)),
    "ContextIntMultimodal": Decide((1, 1), (1, 1)),
    "Match2Sample": Match("direction", opposite=False),
    "NonMatch2Sample": Match("direction", opposite=True),
    "MatchCatPro": Match("category", opposite=False),
    "MatchCatAnti": Match("category", opposite=True),
}
"""By name, in the order of the rule inputs."""
