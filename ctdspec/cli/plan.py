"""What a run would do, shown before it does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctdspec.cli.output import in_words, say, say_json, say_table

if TYPE_CHECKING:
    from ctdspec.engine.outlook import Outlook


def show_plan(source: str, out: Path, json: bool) -> None:
    """Print the steps of a spec: of several datasets, each kind of step once."""
    from ctdspec.benchmark import load
    from ctdspec.engine.outlook import outlook
    from ctdspec.engine.plan import plan

    found = outlook(plan(load(source)), out)
    if json:
        say_json([_as_dict(each) for each in found])
        return
    names = dict.fromkeys(each.step.name for each in found)
    rows = [_row(name, [each for each in found if each.step.name == name]) for name in names]
    say_table("", ["step", "state", "about", "memory", "disk"], rows)
    seconds = sum(each.seconds for each in found)
    disk = in_words(sum(each.disk_bytes for each in found), "B")
    n_datasets = len({each.step.dataset for each in found})
    noun = "dataset" if n_datasets == 1 else "datasets"
    left = f"about {seconds:.0f} s on one core, {disk} of disk"
    say(f"{len(found)} steps, {n_datasets} {noun}; left to do: {left}")


def _row(name: str, same: Sequence[Outlook]) -> tuple[str, ...]:
    """Give a line of the table: how many steps are in which state, and what those to do need together."""
    counts = {
        state: sum(each.state == state for each in same) for state in ("done", "shared", "left out", "to do")
    }
    state = same[0].state if len(same) == 1 else ", ".join(f"{n} {state}" for state, n in counts.items() if n)
    left = [each for each in same if each.state == "to do"]
    if not left:
        return name, state, "", "", ""
    memory = in_words(max(each.memory_bytes for each in left), "B")
    disk = in_words(sum(each.disk_bytes for each in left), "B")
    return name, state, f"{sum(each.seconds for each in left):.3g} s", memory, disk


def _as_dict(each: Outlook) -> dict[str, Any]:
    step = each.step
    return {
        "dataset": step.dataset,
        "step": step.name,
        "key": step.key,
        "needs": ["/".join(need) for need in step.needs],
        "state": each.state,
        "seconds": each.seconds,
        "memory_bytes": each.memory_bytes,
        "disk_bytes": each.disk_bytes,
    }
