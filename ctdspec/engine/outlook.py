"""What executing a plan would do, without doing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ctdspec.engine.ledger import Ledger
from ctdspec.engine.step import Step, StepId, key_without
from ctdspec.store.layout import DatasetFolder


@dataclass(frozen=True)
class Outlook:
    """What would become of a step.

    Attributes
    ----------
    step
        The step.
    state
        ``done``: it is there and still holds. ``shared``: it takes over the files of its twin in another
        dataset. ``left out``: it is optional, and was not asked for. ``to do``: anything else.
    seconds, memory_bytes, disk_bytes
        What a step that is to do will take: as long as it took the last time, if there was one, or else a
        rough estimate. 0 for any other.
    """

    step: Step
    state: Literal["done", "shared", "left out", "to do"]
    seconds: float
    memory_bytes: float
    disk_bytes: float


def outlook(plan: Sequence[Step], out: Path) -> list[Outlook]:
    """Say of every step of a plan what would become of it."""
    ledgers = {step.dataset: Ledger(DatasetFolder(out / step.dataset)) for step in plan}
    made: set[tuple[str, str]] = set()
    left_out: set[StepId] = set()
    found = []
    for step in plan:
        key = key_without(step, {}, left_out)
        if ledgers[step.dataset].is_done(step.name, key):
            found.append(Outlook(step, "done", 0, 0, 0))
        elif (step.name, key) in made:
            found.append(Outlook(step, "shared", 0, 0, 0))
        elif step.optional:
            found.append(Outlook(step, "left out", 0, 0, 0))
            left_out.add(step.id)
            continue
        else:
            seconds = ledgers[step.dataset].last_seconds(step.name) or step.cost.seconds
            cost = step.cost
            found.append(Outlook(step, "to do", seconds, cost.memory_bytes, cost.disk_bytes))
        made.add((step.name, key))
    return found
